using System.Text.RegularExpressions;
using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>bfloat16 learns as well as fp32, on the quickstart's own corpus.</summary>
public sealed partial class PrecisionTests(Sandbox sandbox, ITestOutputHelper output)
{
    private const int Steps = 500;
    private const int Window = 20;

    // A machine may be busy with other tests.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(12);

    [Fact]
    [Trait("Length", "long")]
    public async Task The_loss_curve_of_bfloat16_stays_within_a_hundredth_of_that_of_fp32()
    {
        var built = sandbox.Folder("quickstart");
        await using var building = Cli.Start(sandbox, "quickstart", "--steps", "1", "--workers", "1", "--out", built, "--json");
        var quickstart = await building.EndAsync(s_longest);
        Assert.SkipUnless(quickstart.ExitCode == 0, $"the quickstart's text is not on this machine: {quickstart.All}");

        var exact = await CurveAsync(built, "fp32");
        var narrow = await CurveAsync(built, "bf16");

        var worst = exact.Zip(narrow, (fp32, bf16) => Math.Abs(bf16 - fp32) / fp32).Max();
        output.WriteLine($"means over {Window} steps: fp32 from {exact[0]:F3} to {exact[^1]:F3}, bf16 to {narrow[^1]:F3}, farthest apart by {worst:P2}");
        Assert.NotEqual(exact, narrow);
        Assert.True(exact[^1] < exact[0] - 1.0, $"fp32 went from {exact[0]} to {exact[^1]}");
        Assert.InRange(worst, 0.0, 0.01);
    }

    // The quickstart's spec, longer than its one step, in some precision; the loss as means over a window of steps.
    private async Task<double[]> CurveAsync(string quickstart, string precision)
    {
        var yaml = await File.ReadAllTextAsync(Path.Combine(quickstart, "run.yaml"), TestContext.Current.CancellationToken);
        yaml = Changed(yaml, Corpus(), $"corpus: {Path.Combine(quickstart, "corpus")}");
        yaml = Changed(yaml, BatchSteps(), $"  steps: {Steps}");
        yaml = Changed(yaml, PrecisionField(), $"precision: {precision}");
        var spec = sandbox.Folder(precision) + ".yaml";
        await File.WriteAllTextAsync(spec, yaml, TestContext.Current.CancellationToken);
        await using var training = Cli.Start(sandbox, "train", spec, "--workers", "1", "--out", sandbox.Folder(precision), "--json");
        var run = await training.EndAsync(s_longest);
        Assert.True(run.ExitCode == 0, run.All);
        return [.. run.Events("step").Select(step => (double)step["loss"]!).Chunk(Window).Select(losses => losses.Average())];
    }

    private static string Changed(string yaml, Regex field, string value)
    {
        Assert.Single(field.Matches(yaml));
        return field.Replace(yaml, value);
    }

    [GeneratedRegex("corpus: .*")]
    private static partial Regex Corpus();

    [GeneratedRegex("^  steps: .*", RegexOptions.Multiline)]
    private static partial Regex BatchSteps();

    [GeneratedRegex("precision: .*")]
    private static partial Regex PrecisionField();
}
