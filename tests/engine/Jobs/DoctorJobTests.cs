using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Worker.Doctor;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class DoctorJobTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_doctor_names_the_machine_the_settings_the_libraries_the_engines_and_the_rates()
    {
        var (code, events) = Run(new DoctorRequest { Threads = 1, Sizes = [64] });

        Assert.Equal(0, code);
        var machine = events[0];
        Assert.Equal("machine", Name(machine));
        Assert.Equal(Environment.ProcessorCount, machine.GetProperty("cores").GetInt32());
        Assert.True(machine.GetProperty("memory_bytes").GetInt64() > 1 << 28);

        var libraries = events.Where(happened => Name(happened) == "library").ToDictionary(happened => happened.GetProperty("name").GetString()!);
        Assert.Contains("liborchestrator_kernels.so", libraries.Keys);
        Assert.All(libraries.Values, library => Assert.False(library.TryGetProperty("fault", out _)));
        Assert.Contains(libraries.Values, library => library.GetProperty("path").GetString()!.Contains("blas", StringComparison.Ordinal));

        var engines = Assert.Single(events, happened => Name(happened) == "engines");
        Assert.Equal(TorchSharp.torch.__version__, engines.GetProperty("libtorch").GetString());
        Assert.Equal(1, engines.GetProperty("threads").GetInt32());
        Assert.Contains("TorchSharp", engines.GetProperty("tensor").GetString(), StringComparison.Ordinal);
        Assert.Contains("Grpc", engines.GetProperty("grpc").GetString(), StringComparison.Ordinal);

        var rates = events.Where(happened => Name(happened) == "rate").ToList();
        Assert.Equal(["float32 64", "bfloat16 64"], rates.Select(rate => $"{rate.GetProperty("dtype")} {rate.GetProperty("size")}"));
        Assert.All(rates, rate => Assert.InRange(rate.GetProperty("gflops").GetDouble(), 0.01, 1e6));
        Assert.Equal("finished", Name(events[^1]));
    }

    [Fact]
    public void A_setting_is_the_launchers_the_users_or_nobodys()
    {
        var set = Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is not null;

        var mine = Setting(Run(new DoctorRequest { Sizes = [] }).Events);
        var launched = Setting(Run(new DoctorRequest { Sizes = [], SetByLauncher = ["OMP_NUM_THREADS"] }).Events);

        Assert.Equal(set ? "user" : "nobody", mine);
        Assert.Equal(set ? "launcher" : "nobody", launched);

        static string? Setting(List<JsonElement> events) => Assert.Single(
            events, happened => Name(happened) == "setting" && happened.GetProperty("name").GetString() == "OMP_NUM_THREADS").GetProperty("set_by").GetString();
    }

    [Theory]
    [InlineData(0, 64, "threads: must be at least 1, was 0.")]
    [InlineData(1, 0, "sizes: must be from 1 to 16384, was 0.")]
    [InlineData(1, 20000, "sizes: must be from 1 to 16384, was 20000.")]
    public void Numbers_out_of_range_are_bad_input(int threads, int size, string sentence)
    {
        var refused = Assert.Throws<BadInputException>(() => Run(new DoctorRequest { Threads = threads, Sizes = [size] }));
        Assert.Equal(sentence, refused.Message);
    }

    [Fact]
    public void A_library_that_does_not_load_is_named_with_its_fault()
    {
        File.WriteAllText(_folder["liborchestrator_broken.so"], "no library");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "liborchestrator_kernels.so"), _folder["liborchestrator_kernels.so"]);

        var loaded = NativeLibraries.LoadOwn(_folder.Path).ToList();

        Assert.Equal(["liborchestrator_broken.so", "liborchestrator_kernels.so"], loaded.Select(library => Path.GetFileName(library.Path)));
        Assert.Contains("liborchestrator_broken.so", loaded[0].Fault, StringComparison.Ordinal);
        Assert.Null(loaded[1].Fault);
    }

    [Fact]
    public void Mapped_libraries_are_those_that_bear_on_speed_once_each()
    {
        string[] maps =
        [
            "7f0000000000-7f0000001000 r--p 00000000 08:01 1 /usr/lib/libtorch_cpu.so.1.13.0",
            "7f0000001000-7f0000002000 r-xp 00001000 08:01 1 /usr/lib/libtorch_cpu.so.1.13.0",
            "7f0000002000-7f0000003000 r--p 00000000 08:01 2 /usr/lib/x/libc.so.6",
            "7f0000003000-7f0000004000 rw-p 00000000 00:00 0 ",
            "7f0000004000-7f0000005000 r--p 00000000 08:01 3 /opt/a b/libopenblasp-r0.3.21.so",
        ];

        Assert.Equal(["/opt/a b/libopenblasp-r0.3.21.so", "/usr/lib/libtorch_cpu.so.1.13.0"], NativeLibraries.Mapped(maps));
    }

    private static string? Name(JsonElement happened) => happened.GetProperty("event").GetString();

    private static (int Code, List<JsonElement> Events) Run(DoctorRequest request)
    {
        using var output = new StringWriter();
        var code = new DoctorJob().Run(JsonSerializer.SerializeToElement(request, JobEvents.Json), new JobEvents(output), CancellationToken.None);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)]);
    }
}
