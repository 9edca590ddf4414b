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
        foreach (var prefix in new[] { "b0.", "b1." })
        {
            var batch = golden.Batch(prefix);
            Assert.Equal(golden.Io.Longs(prefix + "decoder_input_ids"), batch.ShiftedTargets());

            using var logits = golden.Model.Logits(batch);

            Assert.Equal(golden.Io.Shape(prefix + "logits"), logits.shape);
            Assert.InRange(GoldenTensors.Distance(golden.Io.Floats(prefix + "logits"), logits.data<float>().ToArray()), 0, 2e-4);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_public_forward_pass_masks_padding_by_its_id(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        var batch = golden.Batch("b1.") with { InputMask = null };
        using var inputs = torch.tensor(batch.Inputs, [batch.Rows, batch.InputLength]);
        using var targets = torch.tensor(batch.Targets, [batch.Rows, batch.TargetLength]);

        using var expected = golden.Model.Logits(batch);
        using var actual = golden.Model.forward(inputs, targets);

        Assert.Equal(expected.data<float>().ToArray(), actual.data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Hidden_states_of_every_block_are_those_of_the_reference(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        var shape = golden.Model.Shape;
        foreach (var prefix in new[] { "b0.", "b1." })
        {
            using var scope = torch.NewDisposeScope();
            var states = golden.Model.HiddenStates(golden.Batch(prefix));
            Assert.Equal(shape.EncoderLayers + shape.DecoderLayers + 2, states.Count);

            Compare(prefix + "encoder_last_hidden_state", states[shape.EncoderLayers]);
            for (var i = 0; i < states.Count; i++)
            {
                var (stack, layer) = i <= shape.EncoderLayers ? ("encoder", i) : ("decoder", i - shape.EncoderLayers - 1);
                if (prefix == "b0." || golden.Io.Has($"{prefix}{stack}_hidden_states.{layer}"))
                {
                    Compare($"{prefix}{stack}_hidden_states.{layer}", states[i]);
                }
            }
        }

        void Compare(string tensor, torch.Tensor state)
        {
            var distance = GoldenTensors.Distance(golden.Io.Floats(tensor), state.data<float>().ToArray());
            Assert.True(distance <= 5e-5, $"{tensor}: {distance}");
        }
    }

    [Theory]
    [InlineData("t5_v10_tiny")]
    [InlineData("t5_v11_tiny")]
    public void Relative_biases_are_those_of_the_reference(string name)
    {
        using var golden = new GoldenModel(name);
        Assert.Equal(2, Compare("b0.", ""));
        Assert.Equal(3, Compare("b1.", "_first_row") + Compare("b1.", "_last_row"));

        int Compare(string prefix, string rows)
        {
            var stacks = new[] { "encoder", "decoder" }.Where(stack => golden.Io.Has($"{prefix}{stack}_position_bias{rows}")).ToArray();
            foreach (var stack in stacks)
            {
                var expected = golden.Io.Floats($"{prefix}{stack}_position_bias{rows}");
                var sizes = golden.Io.Shape($"{prefix}{stack}_position_bias{rows}");
                Assert.Equal(expected, Expanded(stack, (int)sizes[2], (int)sizes[3], rows == "_last_row" ? (int)sizes[3] - 1 : 0));
            }

            return stacks.Length;
        }

        // [H, Q, K] of queries that begin at a position.
        float[] Expanded(string stack, int queries, int keys, int first)
        {
            using var scope = torch.NewDisposeScope();
            var model = golden.Model.Shape;
            var table = $"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
            using var bias = new RelativeBias(golden.Model.Parameters, table, model, bidirectional: stack == "encoder");
            var shape = new AttentionShape(1, model.Heads, queries, keys, model.DKv, Causal: false, first);
            var byDistance = bias.Forward(shape).data<float>().ToArray();
            return [.. Enumerable.Range(0, model.Heads * queries * keys).Select(i =>
            {
                var (head, query, key) = (i / keys / queries, i / keys % queries, i % keys);
                return byDistance[(head * shape.Distances) + key - query + queries - 1];
            })];
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_of_every_parameter_are_those_of_the_reference(string name, bool native)
    {
        using var golden = new GoldenModel(name, Pick(native));
        var parameters = golden.Model.Parameters;
        var recorded = new[] { "b0.", "b1." }.Where(prefix => golden.Io.Names.Any(tensor => tensor.StartsWith(prefix + "grad.", StringComparison.Ordinal))).ToArray();
        Assert.Contains("b0.", recorded);
        foreach (var prefix in recorded)
        {
            parameters.ZeroGradients();

            var sums = golden.Model.ForwardBackward(golden.Batch(prefix), default, dropoutSeed: 0);

            Assert.Equal(golden.Io.Doubles(prefix + "loss_f64")[0], T5Loss.PerToken(sums), 2e-5);
            foreach (var slice in parameters.Slices)
            {
                var expected = golden.Io.Floats(golden.Stored(prefix + "grad.", slice.Name, golden.Io));
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
            var margins = golden.Io.Floats(prefix + "greedy_raw20_top1_top2_margin");

            var rows = Generate(golden.Model, batch, new GenerationOptions { MaxTokens = length, StopAtEnd = false });

            for (var row = 0; row < batch.Rows; row++)
            {
                // Beyond a near-tie rounding decides.
                var sure = margins[(row * length)..((row + 1) * length)].TakeWhile(margin => margin >= 1e-3).Count();
                Assert.Equal(expected[((row * (length + 1)) + 1)..((row * (length + 1)) + 1 + sure)], rows[row][..sure]);
            }

            Assert.True(margins.Count(margin => margin >= 1e-3) >= margins.Length / 2);
            CompareEnded(golden, batch, prefix + "greedy_generate_ids");
        }
    }

    [Fact]
    public void Greedy_decoding_stops_each_row_at_its_end_token()
    {
        using var golden = new GoldenModel("t5_copy_greedy");
        var batch = golden.Batch("");

        var rows = CompareEnded(golden, batch, "generate_ids");

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
            var owner = parameters.Slices.First(slice => WeightAliases.Of(golden.Model.Shape, slice.Name).Contains(norm.Name)).Name;
            var actual = Math.Sqrt(parameters.WeightSpan(owner).ToArray().Sum(value => (double)value * value));
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
            var expected = golden.Io.Floats(golden.Stored("b0.grad.", slice.Name, golden.Io));
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

    // Hugging Face's rows end with the end token and zeros.
    private static IReadOnlyList<long[]> CompareEnded(GoldenModel golden, TokenBatch batch, string name)
    {
        var expected = golden.Io.Longs(name);
        var width = (int)golden.Io.Shape(name)[1];
        var rows = Generate(golden.Model, batch, new GenerationOptions { MaxTokens = width - 1 });
        for (var row = 0; row < batch.Rows; row++)
        {
            Assert.Equal(expected[((row * width) + 1)..((row + 1) * width)], rows[row].Concat(Enumerable.Repeat(0L, width - 1 - rows[row].Length)));
        }

        return rows;
    }

    private static Operations Pick(bool native) => native ? NativeOperations.Instance : TensorOperations.Instance;
}
