using Orchestrator.Core.Data;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Objectives;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using TorchSharp;
using Xunit;

namespace Orchestrator.Tests.Training.Model;

/// <summary>Each family learns a small text by each of its objectives: data, model, loss, clipping, schedule and optimizer together.</summary>
public sealed unsafe class ObjectiveLearningTests
{
    private const int Rows = 16;

    [Theory]
    [InlineData("t5", "span-corruption", "adamw", 60, 4.2)]
    [InlineData("t5", "prefix-lm", "adamw", 60, 3.2)]
    [InlineData("t5", "salient-spans", "adamw", 60, 4.0)]
    [InlineData("gpt", "causal-lm", "adamw", 60, 2.8)]
    [InlineData("gpt", "prefix-lm", "adafactor", 60, 3.2)]
    [InlineData("bert", "masked-lm", "adamw", 400, 3.0)]
    public void The_loss_falls_far_below_that_of_guessing(string family, string objective, string optimizer, int steps, double below)
    {
        var spec = Spec(family, objective, optimizer, steps);
        using var folder = new TemporaryFolder();
        using var stream = SmallText.Stream(folder.Path);
        using var tokenizer = Tokenizer.Load(SmallText.Vocabulary);
        var maker = new MicrobatchMaker(new StreamRows(stream, ObjectiveFactory.Create(spec, tokenizer), spec.Seed), Rows, spec.Seed);
        using var model = LanguageModels.Create(ResolvedModel.From(spec.Model, tokenizer.VocabularySize));
        using var updates = OptimizerFactory.Create(model.Parameters, spec.Optimizer);
        model.Initialise(spec.Seed);
        var losses = new List<double>();

        for (var step = 1; step <= steps; step++)
        {
            var batch = maker.Make(step, StepSamples.Of(step, Rows, maker.SampleCount), slot: 0).Tokens;
            using var scope = torch.NewDisposeScope();
            model.Parameters.ZeroGradients();
            var sums = model.ForwardBackward(batch, LossOptions.Of(spec.Loss), dropoutSeed: step);
            losses.Add(T5Loss.PerToken(sums));
            var scale = 1.0 / T5Loss.Divisor(spec.Loss, sums.Tokens, Rows * maker.TargetLength);
            var norm = GradientCheck.Norm(model.Parameters, model.Parameters.Gradients, scale);
            scale *= GradientCheck.ClipFactor(norm, spec.Optimizer.ClipNorm);
            updates.Step(model.Parameters.Gradients, (float)scale, LearningRate.At(spec.Schedule, step), step);
            model.Parameters.RefreshCompute();
        }

        Assert.InRange(losses[0], 5.0, 9.0);
        var end = losses[^8..].Average();
        Assert.True(end < below, $"{family} by {objective}: {end:F3} nats a token after {steps} steps, {losses[0]:F3} at first");
    }

    private static RunSpec Spec(string family, string objective, string optimizer, int steps)
    {
        var rate = optimizer == "adamw"
            ? $"optimizer: {{kind: adamw, beta2: 0.98, weight_decay: 0.01, clip_norm: 1}}\nschedule: {{kind: cosine, base: {(family == "bert" ? "3.0e-3" : "1.0e-2")}, warmup_steps: 5, decay_steps: {steps}, minimum: 1.0e-3}}"
            : "optimizer: {kind: adafactor}\nschedule: {kind: constant, base: 0.03}";
        var layers = family switch
        {
            "t5" => "encoder_layers: 1, decoder_layers: 1, d_kv: 16",
            "gpt" => "decoder_layers: 1, rotary_share: 0.5",
            // Learned positions stay at the unigram entropy for longer than a test should take.
            _ => "encoder_layers: 1, positions: rotary, rotary_share: 1",
        };
        var read = SpecReader.Read(
            $$"""
            model: {family: {{family}}, d_model: 64, d_ff: 128, heads: 4, {{layers}}, dropout: 0}
            data: {corpus: /none, input_length: 32}
            objective: {kind: {{objective}}, noise_density: {{(family == "bert" ? "0.3" : "0.15")}}}
            loss: {label_smoothing: 0.05}
            batch: {steps: {{steps}}}
            {{rate}}
            """,
            "run.yaml");
        Assert.Empty(read.Errors);
        return read.Spec!;
    }
}
