using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using Xunit;

namespace Orchestrator.Tests.Training.Model;

/// <summary>Several sequences in a row, told apart by segments, against the same sequences in rows of their own.</summary>
public sealed class PackingTests
{
    private const int Length = 40;

    // Lengths of the sequences in each row; what is left of a row is padding. An encoder's and decoder's sequences differ in length.
    private static readonly int[][] s_inputs = [[9, 14, 12], [40], [3, 30]];
    private static readonly int[][] s_targets = [[14, 6, 18], [31], [20, 20]];

    public static TheoryData<string, bool> Cases { get; } = [.. SmallModels.Names.SelectMany(name => new[] { (name, true), (name, false) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_packed_batch_has_the_losses_and_gradients_of_its_sequences_in_rows_of_their_own(string name, bool native)
    {
        var shape = SmallModels.Shape(name);
        using var model = SmallModels.Create(shape, native ? NativeOperations.Instance : TensorOperations.Instance, noise: 0.1);
        var packed = Packed(shape.Family);
        var packedSums = model.ForwardBackward(packed, new LossOptions(1e-3), 0);
        var packedGradient = Gradient(model);
        var packedLosses = model.TokenLosses(packed);
        model.Parameters.ZeroGradients();

        var (sums, losses) = (default(LossSums), new float[packedLosses.Length]);
        foreach (var (row, inputs, targets) in Places(shape.Family))
        {
            var single = Single(shape.Family, packed, row, inputs, targets);
            sums += model.ForwardBackward(single, new LossOptions(1e-3), 0);
            model.TokenLosses(single).CopyTo(losses.AsSpan((row * Length) + targets.Start.Value));
        }

        Assert.Equal(sums.Tokens, packedSums.Tokens);
        Assert.Equal(sums.Total, packedSums.Total, 1e-5 * sums.Total);
        Assert.InRange(GoldenTensors.Distance(losses, packedLosses), 0, 1e-4);
        var expected = Gradient(model);
        Assert.InRange(GoldenTensors.Distance(expected, packedGradient), 0, 1e-4 * GoldenTensors.Largest(expected));
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("gpt")]
    [InlineData("bert")]
    public void Another_segments_tokens_do_not_show(string name)
    {
        var shape = SmallModels.Shape(name);
        using var model = SmallModels.Create(shape);
        var batch = Packed(shape.Family);
        var before = model.TokenLosses(batch);
        var first = s_targets[0][0];

        if (shape.Family != ModelFamily.Bert)
        {
            batch.Targets[first + 1] = batch.Targets[first + 1] == 5 ? 6 : 5;
        }

        if (shape.Family != ModelFamily.Gpt)
        {
            batch.Inputs[s_inputs[0][0] + 1] = batch.Inputs[s_inputs[0][0] + 1] == 7 ? 8 : 7;
        }

        var after = model.TokenLosses(batch);
        var own = shape.Family == ModelFamily.Bert ? s_inputs[0][0] : first;
        Assert.Equal(before[..own], after[..own]);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void Positions_and_the_decoders_inputs_begin_anew_with_each_segment()
    {
        var batch = new TokenBatch(2, 0, 5, [], [5, 6, 7, 8, 0, 9, 10, 11, 12, 13], TargetSegments: [1, 1, 2, 2, 0, 1, 2, 2, 2, 2]);

        Assert.Equal([0, 5, 0, 7, 0, 0, 0, 10, 11, 12], batch.ShiftedTargets());
        Assert.Equal([0, 1, 0, 1, 0, 0, 0, 1, 2, 3], TokenBatch.PositionsOf(2, 5, batch.TargetSegments));
        Assert.Equal([0, 5, 6, 7, 8, 0, 9, 10, 11, 12], (batch with { TargetSegments = null }).ShiftedTargets());
    }

    private static TokenBatch Packed(ModelFamily family)
    {
        var random = new CounterRandom(9, "packing");
        long[] Draw(long[] segments, ulong stream) =>
            [.. segments.Select((segment, i) => segment == 0 ? 0 : 2 + (long)(random.Bits((stream << 32) + (ulong)i) % (SmallModels.Vocabulary - 2)))];
        var (inputs, targets) = (Segments(s_inputs), Segments(s_targets));
        return family switch
        {
            ModelFamily.T5 => new TokenBatch(3, Length, Length, Draw(inputs, 0), Draw(targets, 1), InputSegments: inputs, TargetSegments: targets),
            ModelFamily.Gpt => new TokenBatch(3, 0, Length, [], Draw(targets, 1), TargetSegments: targets),
            _ => new TokenBatch(3, Length, Length, Draw(inputs, 0), [.. Draw(inputs, 1).Select((token, i) => i % 3 == 1 ? token : 0)], InputSegments: inputs),
        };
    }

    private static TokenBatch Single(ModelFamily family, TokenBatch packed, int row, Range inputs, Range targets)
    {
        long[] Of(long[] tokens, Range range) => tokens[(row * Length)..((row + 1) * Length)][range];
        var target = Of(packed.Targets, targets);
        return family switch
        {
            ModelFamily.T5 => new TokenBatch(1, inputs.End.Value - inputs.Start.Value, target.Length, Of(packed.Inputs, inputs), target),
            ModelFamily.Gpt => new TokenBatch(1, 0, target.Length, [], target),
            _ => new TokenBatch(1, target.Length, target.Length, Of(packed.Inputs, targets), target),
        };
    }

    private static IEnumerable<(int Row, Range Inputs, Range Targets)> Places(ModelFamily family)
    {
        for (var row = 0; row < s_inputs.Length; row++)
        {
            var (input, target) = (0, 0);
            for (var i = 0; i < s_inputs[row].Length; i++)
            {
                var inputs = input..(input + s_inputs[row][i]);
                var targets = target..(target + s_targets[row][i]);
                yield return (row, inputs, family == ModelFamily.Bert ? inputs : targets);
                (input, target) = (inputs.End.Value, targets.End.Value);
            }
        }
    }

    private static long[] Segments(int[][] lengths) =>
        [.. lengths.SelectMany(row => row.SelectMany((length, i) => Enumerable.Repeat(i + 1L, length)).Concat(Enumerable.Repeat(0L, Length - row.Sum())))];

    private static unsafe float[] Gradient(ILanguageModel model) => new ReadOnlySpan<float>(model.Parameters.Gradients, (int)model.Parameters.Length).ToArray();
}
