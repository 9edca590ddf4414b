using System.Diagnostics;
using System.Globalization;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using Xunit;

namespace Orchestrator.Tests.Training.Optim;

public sealed class AdamWTests
{
    private const string Python = "/usr/bin/python3";
    private const int Steps = 8;

    private static readonly ParameterShape[] s_shapes = [new("h.weight", [33, 7]), new("h.bias", [7]), new("layer_norm.weight", [5])];

    [Theory]
    [InlineData(0.9, 0.999, 1e-8, 0.0, true)]
    [InlineData(0.9, 0.98, 1e-6, 0.1, true)]
    [InlineData(0.9, 0.999, 1e-6, 0.01, false)]
    [InlineData(0.0, 0.95, 1e-3, 0.3, true)]
    public void Weights_are_those_of_the_formula_in_double(double beta1, double beta2, double epsilon, double decay, bool correct)
    {
        var spec = new OptimizerSpec { Kind = OptimizerKind.Adamw, Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, WeightDecay = decay, BiasCorrection = correct };
        using var parameters = Initial();
        var weights = Values(parameters).Select(w => (double)w).ToArray();
        var (m, v) = (new double[weights.Length], new double[weights.Length]);
        var decays = s_shapes.SelectMany(shape => Enumerable.Repeat(shape.Name == "h.weight" ? decay : 0.0, (int)shape.Count)).ToArray();
        for (var step = 1; step <= Steps; step++)
        {
            var gradient = Gradient(step);
            for (var i = 0; i < weights.Length; i++)
            {
                var g = gradient[i] * 0.25;
                weights[i] -= Rate(step) * decays[i] * weights[i];
                m[i] = (beta1 * m[i]) + ((1 - beta1) * g);
                v[i] = (beta2 * v[i]) + ((1 - beta2) * g * g);
                var (first, second) = correct ? (m[i] / (1 - Math.Pow(beta1, step)), v[i] / (1 - Math.Pow(beta2, step))) : (m[i], v[i]);
                weights[i] -= Rate(step) * first / (Math.Sqrt(second) + epsilon);
            }
        }

        Run(parameters, spec, gradientScale: 0.25f);

        var actual = Values(parameters);
        for (var i = 0; i < weights.Length; i++)
        {
            Assert.Equal(weights[i], actual[i], 1e-6);
        }
    }

    [Fact]
    public async Task Weights_are_PyTorchs()
    {
        Assert.SkipUnless(File.Exists(Python) && (await RunPythonAsync("import torch")).Code == 0, $"{Python} has no PyTorch");
        using var parameters = Initial();
        var lines = new List<string> { string.Join(' ', Values(parameters).Select(Text)) };
        lines.AddRange(Enumerable.Range(1, Steps).Select(step => string.Join(' ', Gradient(step).Select(Text).Append(Rate(step).ToString("R", CultureInfo.InvariantCulture)))));
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "adamw.txt");
        await File.WriteAllLinesAsync(file, lines, TestContext.Current.CancellationToken);
        const string Script = """
            import sys, torch
            rows = [list(map(float, line.split())) for line in open(sys.argv[1])]
            w = torch.nn.Parameter(torch.tensor(rows[0]))
            optimizer = torch.optim.AdamW([w], lr=1.0, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)
            for row in rows[1:]:
                optimizer.param_groups[0]["lr"] = row[-1]
                w.grad = torch.tensor(row[:-1])
                optimizer.step()
            print(" ".join(repr(x) for x in w.tolist()))
            """;
        var (code, output) = await RunPythonAsync(Script, file);
        Assert.Equal(0, code);

        Run(parameters, new OptimizerSpec { Kind = OptimizerKind.Adamw, Beta2 = 0.98, Epsilon = 1e-6, WeightDecay = 0.1, NoDecay = "" }, gradientScale: 1f);

        var expected = output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(expected.Length, Values(parameters).Length);
        foreach (var (want, have) in expected.Zip(Values(parameters)))
        {
            Assert.Equal(want, have, 1e-6);
        }
    }

    [Fact]
    public void Its_state_is_two_tensors_a_weight_under_the_weights_name()
    {
        using var parameters = Initial();
        using var optimizer = OptimizerFactory.Create(parameters, new OptimizerSpec { Kind = OptimizerKind.Adamw });

        Assert.Equal(s_shapes.Select(shape => shape.Name + ".m").Concat(s_shapes.Select(shape => shape.Name + ".v")), optimizer.StateViews.Select(view => view.Name));
        Assert.Equal([33L, 7L], optimizer.StateViews[0].Shape);
    }

    private static FlatParameters Initial()
    {
        var parameters = new FlatParameters(s_shapes);
        var random = new Random(3);
        foreach (var shape in s_shapes)
        {
            foreach (ref var weight in parameters.WeightSpan(shape.Name))
            {
                weight = (float)(random.NextDouble() - 0.5);
            }
        }

        return parameters;
    }

    private static unsafe void Run(FlatParameters parameters, OptimizerSpec spec, float gradientScale)
    {
        using var optimizer = new AdamW(parameters, spec);
        for (var step = 1; step <= Steps; step++)
        {
            var gradient = Gradient(step);
            var taken = 0;
            foreach (var shape in s_shapes)
            {
                var into = parameters.GradientSpan(shape.Name);
                gradient.AsSpan(taken, into.Length).CopyTo(into);
                taken += into.Length;
            }

            optimizer.Step(parameters.Gradients, gradientScale, Rate(step), step);
        }
    }

    private static async Task<(int Code, string Output)> RunPythonAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }

    private static double Rate(int step) => 0.01 / step;

    private static float[] Gradient(int step)
    {
        var random = new Random(100 + step);
        return [.. Enumerable.Range(0, (int)s_shapes.Sum(shape => shape.Count)).Select(i => i % 11 == 3 ? 0f : (float)(random.NextDouble() - 0.4))];
    }

    private static float[] Values(FlatParameters parameters) => [.. s_shapes.SelectMany(shape => parameters.WeightSpan(shape.Name).ToArray())];

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}
