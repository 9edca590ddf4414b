using System.Reflection;
using System.Text.Json;
using Grpc.Net.Client;
using Orchestrator.Core.Jobs;
using Orchestrator.Worker.Doctor;
using Orchestrator.Worker.Hosting;
using TorchSharp;

namespace Orchestrator.Worker.Jobs;

/// <summary>Says what a worker of this machine computes with: settings, native libraries, engines, matrix product rates.</summary>
internal sealed class DoctorJob : IJob
{
    // What the launcher sets, and what else the libraries under the tensor engine read.
    private static readonly string[] s_settings =
    [
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "GLIBC_TUNABLES",
        "ATEN_CPU_CAPABILITY", "LD_LIBRARY_PATH", "LD_PRELOAD", "CUDA_VISIBLE_DEVICES",
    ];

    /// <inheritdoc/>
    public string Name => DoctorRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<DoctorRequest>(request);
        asked.Validate();
        events.Write("machine", MachineFacts.Read());
        foreach (var name in s_settings)
        {
            var value = Environment.GetEnvironmentVariable(name);
            var by = value is null ? "nobody" : asked.SetByLauncher.Contains(name) ? "launcher" : "user";
            events.Write("setting", new { Name = name, Value = value, SetBy = by });
        }

        var faults = 0;
        foreach (var (path, fault) in NativeLibraries.LoadOwn(AppContext.BaseDirectory))
        {
            faults += fault is null ? 0 : 1;
            events.Write("library", new { Name = Path.GetFileName(path), Path = path, Fault = fault });
        }

        if (faults > 0)
        {
            events.Write("error", new { Message = $"{faults} of the product's native libraries do not load; what each lacks stands beside its name." });
            return ExitCodes.Failed;
        }

        var threads = asked.Threads ?? Environment.ProcessorCount;
        torch.set_num_threads(threads);
        foreach (var path in NativeLibraries.Mapped(File.ReadLines("/proc/self/maps")))
        {
            events.Write("library", new { Name = Path.GetFileName(path), Path = path });
        }

        events.Write("engines", new
        {
            Tensor = Assembled(typeof(torch)),
            Libtorch = torch.__version__,
            CudaDevices = torch.cuda.is_available() ? torch.cuda.device_count() : 0,
            Threads = torch.get_num_threads(),
            Grpc = Assembled(typeof(GrpcChannel)),
        });
        foreach (var (name, type) in new[] { ("float32", torch.ScalarType.Float32), ("bfloat16", torch.ScalarType.BFloat16) })
        {
            foreach (var size in asked.Sizes)
            {
                events.Write("rate", new { Dtype = name, Size = size, Gflops = Math.Round(MatrixRates.Measure(type, size, cancellationToken), 1) });
            }
        }

        events.Write("finished");
        return ExitCodes.Done;
    }

    // An engine is known by the assembly that its types come from.
    private static string Assembled(Type type) =>
        $"{type.Assembly.GetName().Name} {type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";
}
