using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Orchestrator.Bench.Engine;

/// <summary>The operator and gradient checks on a device, each operator's overhead and the matrix product rates; bench/gpu.sh runs it.</summary>
internal static class DeviceBenchmark
{
    private static readonly (string Name, Func<Tensor, Tensor> Run)[] Operators =
    [
        ("add", x => x + x),
        ("mul", x => x * 1.5),
        ("exp", x => x.exp()),
        ("tanh", x => x.tanh()),
        ("gelu", x => x.gelu()),
        ("relu", x => x.relu()),
        ("silu", x => x.silu()),
        ("rsqrt", x => x.abs().add(0.5).rsqrt()),
        ("pow", x => x.pow(3)),
        ("softmax", x => x.softmax(-1)),
        ("log_softmax", x => x.log_softmax(-1)),
        ("logsumexp", x => x.logsumexp(-1)),
        ("sum", x => x.sum(dim: 1)),
        ("mean", x => x.mean([-1], keepdim: true)),
        ("var", x => x.var(1)),
        ("norm", x => x.norm()),
        ("matmul", x => x.matmul(x.t())),
        ("einsum", x => einsum("ij,kj->ik", x, x)),
        ("transpose", x => x.transpose(0, 1).contiguous()),
        ("tril", x => x.tril()),
        ("masked_fill", x => x.masked_fill(x.lt(0), 0.5)),
        ("where", x => where(x.gt(0), x, x * 2)),
        ("narrow", x => x.narrow(1, 3, 7)),
        ("index", x => x[TensorIndex.Ellipsis, 2..9]),
        ("cat", x => cat([x, x], 1)),
        ("stack", x => stack([x, x])),
        ("cumsum", x => x.cumsum(1)),
        ("gather", x => x.gather(1, zeros_like(x, int64))),
        ("layer_norm", x => nn.functional.layer_norm(x, [x.shape[1]])),
        ("cross_entropy", x => nn.functional.cross_entropy(x, arange(x.shape[0], device: x.device))),
        ("attention", x => nn.functional.scaled_dot_product_attention(x.unsqueeze(0), x.unsqueeze(0), x.unsqueeze(0), is_casual: true)),
        ("clamp", x => x.clamp(-0.5, 0.5)),
    ];

    /// <param name="name">cuda; or cpu, where only the path to here is proven.</param>
    public static int Run(string name)
    {
        if (name is not ("cuda" or "cpu"))
        {
            Console.Error.WriteLine($"There is no device '{name}' here: cuda or cpu.");
            return 2;
        }

        if (name == "cuda" && !cuda.is_available())
        {
            Console.Error.WriteLine("No CUDA device can be used: the driver, or a libtorch with CUDA, is missing.");
            return 1;
        }

        var place = device(name);
        Console.WriteLine($"libtorch {__version__}, {(name == "cuda" ? $"{cuda.device_count()} CUDA device(s)" : $"the CPU, {get_num_threads()} thread(s)")}");
        manual_seed(5);
        var failed = Operators.Sum(entry => Differences(place, entry.Name, entry.Run));
        Console.WriteLine($"{(2 * Operators.Length) - failed} of {2 * Operators.Length} checks hold (values and gradients on {name}, float64, against the CPU)");
        Overheads(place);
        Rates(place);
        return failed == 0 ? 0 : 1;
    }

    private static int Differences(Device place, string name, Func<Tensor, Tensor> run)
    {
        using var scope = NewDisposeScope();
        var x = randn([16, 24], float64);
        var (here, hereGradient) = Value(run, x);
        var (there, thereGradient) = Value(run, x.to(place));
        var value = here.allclose(there.cpu(), 1e-9, 1e-11);
        var gradient = hereGradient.allclose(thereGradient.cpu(), 1e-9, 1e-11);
        if (!value || !gradient)
        {
            Console.WriteLine($"{name}: {(value ? "gradients" : gradient ? "values" : "values and gradients")} differ from the CPU's");
        }

        return (value ? 0 : 1) + (gradient ? 0 : 1);
    }

    private static (Tensor Value, Tensor Gradient) Value(Func<Tensor, Tensor> run, Tensor input)
    {
        var leaf = input.detach().requires_grad_();
        var output = run(leaf);
        var weights = arange(output.numel(), dtype: float64, device: output.device).mul(0.37).cos().reshape(output.shape);
        return (output.detach(), autograd.grad([(output * weights).sum()], [leaf])[0]);
    }

    private static void Overheads(Device place)
    {
        using var x = ones([4, 4], device: place);
        using var leaf = ones([4, 4], device: place, requires_grad: true);
        Console.WriteLine("host time per operator on a 4 x 4 tensor, ns");
        foreach (var (name, body) in new (string, Action)[]
        {
            ("add", () => (x + x).Dispose()),
            ("add_grad", () => (leaf + x).Dispose()),
            ("view", () => x.view(16).Dispose()),
            ("softmax", () => x.softmax(-1).Dispose()),
            ("matmul", () => x.matmul(x).Dispose()),
        })
        {
            Console.WriteLine($"  {name,-9} {Microseconds(place, body, 5000) * 1000:F0}");
        }
    }

    private static void Rates(Device place)
    {
        Console.WriteLine("matrix product, TFLOP/s");
        var onGpu = place.type == DeviceType.CUDA;
        foreach (var (name, type, tf32) in new[] { ("float32", float32, false), ("tf32", float32, true), ("bfloat16", bfloat16, false), ("float16", float16, false) })
        {
            if (!onGpu && (tf32 || type == float16))
            {
                continue;
            }

            backends.cuda.matmul.allow_tf32 = tf32;
            foreach (var size in (long[])(onGpu ? [1024, 4096, 8192] : [512, 1024]))
            {
                using var scope = NewDisposeScope();
                var a = randn([size, size], device: place).to(type);
                var seconds = Microseconds(place, () => a.matmul(a).Dispose(), size >= 8192 || !onGpu ? 20 : 100) / 1e6;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-9} {size,5} {2.0 * size * size * size / seconds / 1e12:G3}"));
            }
        }
    }

    private static double Microseconds(Device place, Action body, int count)
    {
        for (var i = 0; i < Math.Max(5, count / 10); i++)
        {
            body();
        }

        Finish(place);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            body();
        }

        Finish(place);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;
    }

    private static void Finish(Device place)
    {
        if (place.type == DeviceType.CUDA)
        {
            cuda.synchronize();
        }
    }
}
