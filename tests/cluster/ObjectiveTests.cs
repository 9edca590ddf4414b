using Xunit;

namespace Orchestrator.Tests.Cluster;

/// <summary>Other models, objectives and optimizers than the quickstart's, through the ordinary coordinator and workers.</summary>
public sealed class ObjectiveTests(Sandbox sandbox)
{
    private const int Steps = 30;

    [Fact]
    public async Task A_decoder_trained_by_AdamW_with_clipping_has_the_same_bits_on_one_worker_and_on_three()
    {
        var spec = sandbox.Spec(Steps, yaml => string.Join('\n', yaml.Split('\n').Select(line => line.Split(':')[0] switch
        {
            "model" => "model: {family: gpt, d_model: 32, d_ff: 64, heads: 4, decoder_layers: 1, rotary_share: 0.5, dropout: 0.1}",
            "schedule" => "schedule: {kind: cosine, base: 5.0e-3, warmup_steps: 5, decay_steps: 30, minimum: 5.0e-4}\noptimizer: {kind: adamw, weight_decay: 0.1, clip_norm: 0.5}\nloss: {label_smoothing: 0.1}",
            _ => line,
        })));

        var alone = await TrainAsync(spec, workers: 1);
        var together = await TrainAsync(spec, workers: 3);

        Assert.Equal(Sandbox.TensorFiles(alone.Folder, Steps), Sandbox.TensorFiles(together.Folder, Steps));
        Assert.True(alone.Losses[^1] < alone.Losses[0] - 1.0, $"the loss went from {alone.Losses[0]} to {alone.Losses[^1]}");
        Assert.Equal(alone.Losses, together.Losses);
    }

    [Fact]
    public async Task An_objective_that_the_family_does_not_learn_by_is_refused_before_anything_starts()
    {
        var folder = sandbox.Folder("refused");
        var spec = sandbox.Spec(Steps, yaml => yaml + "\nobjective: {kind: masked-lm}\n");

        var run = await Cli.RunAsync(sandbox, "train", spec, "--out", folder);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("objective.kind must be span-corruption, prefix-lm or salient-spans in a t5, was masked-lm", run.All, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    private async Task<(string Folder, double[] Losses)> TrainAsync(string spec, int workers)
    {
        var folder = sandbox.Folder($"gpt-{workers}");
        var run = await Cli.RunAsync(sandbox, "train", spec, "--workers", $"{workers}", "--out", folder, "--json");
        Assert.True(run.ExitCode == 0, run.All);
        return (folder, [.. run.Events("step").Select(step => (double)step["loss"]!)]);
    }
}
