using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using TorchSharp;
using Xunit;

namespace Orchestrator.Tests.Training.Model;

/// <summary>Against Hugging Face transformers 4.30.2; tolerances are those that the sidecars recommend.</summary>
public sealed class GoldenModelTests
{
    public static TheoryData<string, bool> Models { get; } = new()
    {
        { "t5_v10_tiny", true },
        { "t5_v10_tiny", false },
        { "t5_v11_tiny", true },
        { "t5_v11_tiny", false },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Losses_and_token_losses_are_those_of_the_reference(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        foreach (var prefix in new[] { "b0.", "b1." })
        {
            var batch = golden.Batch(prefix);

            var losses = golden.Model.TokenLosses(batch);

            var expected = golden.Io.Doubles(prefix + "per_token_nll_f64");
            Assert.Equal(expected.Length, losses.Length);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], losses[i], 1e-4);
            }

            Assert.Equal(golden.Io.Floats(prefix + "loss")[0], losses.Sum(loss => (double)loss) / batch.TargetTokens, 2e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_are_those_of_the_reference(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        // The public forward pass masks padding by its id, as batch b1 does.
        var batch = golden.Batch("b1.");
        using var inputs = torch.tensor(batch.Inputs, [batch.Rows, batch.InputLength]);
        using var targets = torch.tensor(batch.Targets, [batch.Rows, batch.TargetLength]);

        using var logits = golden.Model.forward(inputs, targets);

        Assert.Equal(golden.Io.Shape("b1.logits"), logits.shape);
        Assert.InRange(GoldenTensors.Distance(golden.Io.Floats("b1.logits"), logits.data<float>().ToArray()), 0, 2e-4);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_of_every_parameter_are_those_of_the_reference(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        var parameters = golden.Model.Parameters;
        foreach (var prefix in new[] { "b0.", "b1." }.Where(prefix => golden.Io.Has(prefix + "grad.shared.weight")))
        {
            parameters.ZeroGradients();

            var sums = golden.Model.ForwardBackward(golden.Batch(prefix), default, dropoutSeed: 0);

            Assert.Equal(golden.Io.Doubles(prefix + "loss_f64")[0], T5Loss.PerToken(sums), 2e-5);
            foreach (var slice in parameters.Slices)
            {
                var expected = golden.Io.Floats($"{prefix}grad.{slice.Name}");
                var actual = Array.ConvertAll(parameters.GradientSpan(slice.Name).ToArray(), value => value / sums.Tokens);
                var allowed = (2e-4 * GoldenTensors.Largest(expected)) + 1e-7;
                Assert.True(GoldenTensors.Distance(expected, actual) <= allowed, $"{slice.Name}: {GoldenTensors.Distance(expected, actual)} > {allowed}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_decoding_gives_the_references_tokens(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        foreach (var prefix in new[] { "b0.", "b1." })
        {
            var batch = golden.Batch(prefix);
            var expected = golden.Io.Longs(prefix + "greedy_raw20_ids");
            var length = (int)golden.Io.Shape(prefix + "greedy_raw20_ids")[1] - 1;
            Assert.True(golden.Io.Floats(prefix + "greedy_raw20_top1_top2_margin").Min() >= 1e-3);

            var rows = Generate(golden.Model, batch, new GenerationOptions { MaxTokens = length, StopAtEnd = false });

            for (var row = 0; row < batch.Rows; row++)
            {
                Assert.Equal(expected[((row * (length + 1)) + 1)..((row + 1) * (length + 1))], rows[row]);
            }
        }
    }

    [Fact]
    public void Greedy_decoding_stops_each_row_at_its_end_token()
    {
        using var golden = new GoldenModel("t5_copy_greedy");
        var batch = golden.Batch("");
        var expected = golden.Io.Longs("generate_ids");
        var width = (int)golden.Io.Shape("generate_ids")[1];

        var rows = Generate(golden.Model, batch, new GenerationOptions { MaxTokens = 20 });

        for (var row = 0; row < batch.Rows; row++)
        {
            Assert.Equal(expected[((row * width) + 1)..((row + 1) * width)], rows[row].Concat(Enumerable.Repeat(0L, width - 1 - rows[row].Length)));
        }

        Assert.Equal(width - 1, rows.Max(row => row.Length));
        Assert.True(rows.Select(row => row.Length).Distinct().Count() > 1);
        Assert.Equal(golden.Io.Floats("loss")[0], golden.Model.TokenLosses(batch).Sum() / batch.TargetTokens, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public unsafe void Twenty_steps_of_Adafactor_give_the_references_losses_and_weights(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        using var sidecar = JsonDocument.Parse(File.ReadAllText(GoldenTensors.PathOf(name + ".json")));
        var train = sidecar.RootElement.GetProperty("train20");
        var allowed = Math.Max(5e-4, 10 * train.GetProperty("max_abs_diff_fp32_fp64").GetDouble());
        var expected = golden.Io.Doubles("train20.loss_f64");
        var parameters = golden.Model.Parameters;
        using var optimizer = new Adafactor(parameters, new OptimizerSpec { Rules = AdafactorRules.HuggingFace });
        for (var step = 1; step <= expected.Length; step++)
        {
            parameters.ZeroGradients();

            var sums = golden.Model.ForwardBackward(golden.Batch(step % 2 == 1 ? "b0." : "b1."), default, dropoutSeed: step);
            optimizer.Step(parameters.Gradients, 1f / sums.Tokens, learningRate: 1e-3, step);

            Assert.Equal(expected[step - 1], T5Loss.PerToken(sums), allowed);
        }

        foreach (var norm in train.GetProperty("final_param_l2").EnumerateObject())
        {
            var actual = Math.Sqrt(parameters.WeightSpan(norm.Name).ToArray().Sum(value => (double)value * value));
            Assert.Equal(norm.Value.GetDouble(), actual, 1e-4 * norm.Value.GetDouble());
        }
    }

    [Theory]
    [InlineData("t5_v10_tiny")]
    [InlineData("t5_v11_tiny")]
    public void Computing_in_bfloat16_keeps_the_loss_and_the_direction_of_the_gradient(string name)
    {
        using var golden = new GoldenModel(name, precision: Precision.Bf16);
        var parameters = golden.Model.Parameters;

        var sums = golden.Model.ForwardBackward(golden.Batch("b0."), default, dropoutSeed: 0);

        var loss = golden.Io.Doubles("b0.loss_f64")[0];
        Assert.NotEqual(loss, T5Loss.PerToken(sums), 1e-5);
        Assert.Equal(loss, T5Loss.PerToken(sums), 5e-2);
        var (dot, expectedSquares, actualSquares) = (0.0, 0.0, 0.0);
        foreach (var slice in parameters.Slices)
        {
            var expected = golden.Io.Floats($"b0.grad.{slice.Name}");
            var actual = parameters.GradientSpan(slice.Name);
            for (var i = 0; i < expected.Length; i++)
            {
                dot += (double)expected[i] * actual[i];
                expectedSquares += (double)expected[i] * expected[i];
                actualSquares += (double)actual[i] * actual[i];
            }
        }

        Assert.InRange(dot / Math.Sqrt(expectedSquares * actualSquares), 0.99, 1.0);
    }

    private static IReadOnlyList<long[]> Generate(T5Model model, TokenBatch batch, GenerationOptions options) =>
        [.. SequenceGenerator.Generate(model, batch.Inputs, batch.Rows, options, batch.InputMask).Select(sequence => sequence.Tokens)];

    private static Operations Pick(bool native) => native ? NativeOperations.Instance : TensorOperations.Instance;
}
