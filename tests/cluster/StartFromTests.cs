using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>A run that starts from another checkpoint's weights.</summary>
public sealed class StartFromTests(Sandbox sandbox)
{
    [Fact]
    public async Task A_run_starts_from_the_weights_of_another_with_the_same_bits_on_any_number_of_workers()
    {
        var (first, trained) = await sandbox.TrainedAsync(Sandbox.FewSteps);
        var exported = sandbox.Folder("exported");
        var copy = sandbox.Folder("copy");
        Assert.Equal(0, (await Cli.RunAsync(sandbox, "checkpoint", "export", first, "--out", exported)).ExitCode);
        var imported = await Cli.RunAsync(sandbox, "checkpoint", "import", exported, "--out", copy);
        Assert.True(imported.ExitCode == 0, imported.All);
        Assert.Contains("start_from", imported.All, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.RunAsync(sandbox, "checkpoint", "diff", first, copy)).ExitCode);

        var spec = sandbox.Spec(5, yaml => yaml.Replace("dropout: 0.1", $"dropout: 0.1, start_from: {copy}", StringComparison.Ordinal));
        var (one, two) = (sandbox.Folder("one"), sandbox.Folder("two"));
        var alone = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", one, "--json");
        Assert.True(alone.ExitCode == 0, alone.All);
        Assert.Equal(0, (await Cli.RunAsync(sandbox, "train", spec, "--workers", "2", "--out", two, "--json")).ExitCode);

        Assert.Equal(Sandbox.TensorFiles(one, 5), Sandbox.TensorFiles(two, 5));
        Assert.True(FirstLoss(alone) < FirstLoss(trained) - 0.3, $"{FirstLoss(alone)} after {Sandbox.FewSteps} steps, {FirstLoss(trained)} before");
    }

    [Fact]
    public async Task Weights_of_other_shapes_are_refused_with_the_list_of_them_before_anything_is_written()
    {
        var first = (await sandbox.TrainedAsync(Sandbox.FewSteps)).Folder;
        var spec = sandbox.Spec(1, yaml => yaml
            .Replace("d_ff: 64,", $"d_ff: 48, start_from: {first}/checkpoints/step-00000030,", StringComparison.Ordinal)
            .Replace("heads: 4", "heads: 8", StringComparison.Ordinal));
        var target = sandbox.Folder("narrow");

        var refused = await Cli.RunAsync(sandbox, "train", spec, "--workers", "1", "--out", target);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("model.d_ff is 64 there and 48 here", refused.All, StringComparison.Ordinal);
        Assert.Contains("model.heads is 4 there and 8 here", refused.All, StringComparison.Ordinal);
        Assert.False(Directory.Exists(target));
    }

    private static double FirstLoss(Outcome outcome) => outcome.Events("step").First()["loss"]!.GetValue<double>();
}
