using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>One result of numpy: its shape and its values in order.</summary>
internal sealed record NumpyResult(long[] Shape, double[] Values);

/// <summary>What numpy (Debian's python3-numpy) makes of every case, from one process.</summary>
internal static class Numpy
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<Dictionary<string, NumpyResult[]>?> Results = new(Evaluate);

    /// <summary>The results of a case on one of its variants; skips the test where numpy is missing.</summary>
    public static NumpyResult[] Of(OperatorCase operatorCase, int variant)
    {
        Assert.SkipWhen(Results.Value is null, "numpy is not installed (apt-get install python3-numpy)");
        return Results.Value![$"{operatorCase.Name} {variant}"];
    }

    private static Dictionary<string, NumpyResult[]>? Evaluate()
    {
        using var scope = NewDisposeScope();
        var jobs = OperatorTable.Cases.SelectMany(entry => entry.Variants.Split('|').Select((line, variant) => new
        {
            key = $"{entry.Name} {variant}",
            expression = entry.Numpy,
            inputs = Inputs.Of(line).Select(input => new { input.shape, type = input.dtype.ToString(), values = input.to(float64).data<double>().ToArray() }),
        }));
        var start = new ProcessStartInfo(Python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "reference.py"));
        if (!File.Exists(Python))
        {
            return null;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(JsonSerializer.Serialize(jobs));
        process.StandardInput.Close();
        process.WaitForExit();
        if (process.ExitCode == 3)
        {
            return null;
        }

        Assert.True(process.ExitCode == 0, errors.Result);
        return output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
            .ToDictionary(parts => parts[0], parts => parts[1..].Select(Parse).ToArray());
    }

    // "2,3;1.0 2.0 …"
    private static NumpyResult Parse(string text)
    {
        var parts = text.Split(';');
        return new(
            [.. parts[0].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => long.Parse(part, CultureInfo.InvariantCulture))],
            [.. parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => part switch
            {
                "inf" => double.PositiveInfinity,
                "-inf" => double.NegativeInfinity,
                _ => double.Parse(part, CultureInfo.InvariantCulture),
            })]);
    }
}
