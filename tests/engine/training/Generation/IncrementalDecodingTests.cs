using System.Runtime.InteropServices;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using TorchSharp;
using Xunit;

namespace Orchestrator.Tests.Training.Generation;

public sealed class IncrementalDecodingTests
{
    private static readonly ResolvedModel Gated = new(96, 32, 48, 8, 4, 2, 2, FeedForwardKind.GatedGelu, TiedEmbeddings: false, 8, 16, 0.0);

    public static TheoryData<string, int, int, int> Shapes { get; } = new()
    {
        { "gated", 1, 1, 1 },
        { "gated", 1, 7, 40 },
        { "gated", 5, 13, 19 },
        { "gated", 33, 20, 17 },
        { "relu", 3, 9, 33 },
        { "odd", 2, 5, 18 },
        { "odd", 17, 11, 6 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void One_token_at_a_time_gives_the_logits_of_the_whole_sequence_bit_for_bit(string shape, int rows, int inputLength, int length)
    {
        using var model = Model(shape);
        var (inputs, targets) = (Draw(rows, inputLength, padded: true), Draw(rows, length, padded: false));
        var whole = Whole(model, inputs, targets, rows, inputLength, length);
        using var decoder = model.StartDecoding(inputs, rows);

        long[] next = [.. decoder.FirstTokens];
        for (var position = 0; position < length; position++)
        {
            var step = Values(decoder.Step(next));
            for (var row = 0; row < rows; row++)
            {
                Assert.Equal(Bits(At(whole, model, row, position, length)), Bits(At(step, model, row, 0, 1)));
                next[row] = targets[(row * length) + position];
            }
        }
    }

    [Fact]
    public void A_prefix_of_any_length_gives_the_same_logits_as_the_whole()
    {
        using var model = Model("gated");
        var (inputs, targets) = (Draw(2, 9, padded: true), Draw(2, 21, padded: false));
        var whole = Whole(model, inputs, targets, 2, 9, 21);
        for (var length = 1; length < 21; length++)
        {
            long[] prefix = [.. targets[..length], .. targets[21..(21 + length)]];
            var part = Whole(model, inputs, prefix, 2, 9, length);
            Assert.Equal(Bits(At(whole, model, 1, length - 1, 21)), Bits(At(part, model, 1, length - 1, length)));
        }
    }

    [Fact]
    public void A_row_alone_among_others_or_padded_further_gives_the_same_bits_with_any_number_of_threads()
    {
        using var model = Model("gated");
        var (inputs, targets) = (Draw(9, 12, padded: true), Draw(9, 5, padded: false));
        var whole = Whole(model, inputs, targets, 9, 12, 5);
        Kernels.Threads = 2;
        try
        {
            for (var row = 0; row < 9; row++)
            {
                long[] longer = [.. inputs[(row * 12)..((row + 1) * 12)], 0, 0, 0, 0, 0];
                var alone = Whole(model, longer, targets[(row * 5)..((row + 1) * 5)], 1, 17, 5);
                Assert.Equal(Bits(At(whole, model, row, 4, 5)), Bits(At(alone, model, 0, 4, 5)));
            }
        }
        finally
        {
            Kernels.Threads = 1;
        }
    }

    [Fact]
    public void Rows_may_be_dropped_doubled_and_exchanged_on_the_way()
    {
        using var model = Model("relu");
        const int length = 20;
        var (inputs, targets) = (Draw(3, 6, padded: true), Draw(3, length, padded: false));
        var whole = Whole(model, inputs, targets, 3, 6, length);
        using var decoder = model.StartDecoding(inputs, 3);
        var here = new[] { 0, 1, 2 };
        for (var position = 0; position < length; position++)
        {
            using var logits = decoder.Step([.. here.Select(row => position == 0 ? 0 : targets[(row * length) + position - 1])]);
            var values = Values(logits.clone());
            for (var i = 0; i < here.Length; i++)
            {
                Assert.Equal(Bits(At(whole, model, here[i], position, length)), Bits(At(values, model, i, 0, 1)));
            }

            int[] choice = position switch { 3 => [2, 0, 1, 0], 8 => [3, 1, 0, 2], 15 => [2], 17 => [0, 0], _ => [.. Enumerable.Range(0, here.Length)] };
            decoder.Select(choice);
            here = [.. choice.Select(i => here[i])];
        }

        Assert.Equal(2, decoder.Rows);
    }

    [Fact]
    public void Row_by_row_the_values_are_those_of_matrix_products_up_to_rounding()
    {
        using var model = Model("gated");
        using var other = new T5Model(Gated, device: null, Precision.Fp32, TensorOperations.Instance);
        other.Initialise(3);
        var (inputs, targets) = (Draw(4, 9, padded: true), Draw(4, 7, padded: false));

        var (own, products) = (Whole(model, inputs, targets, 4, 9, 7), Whole(other, inputs, targets, 4, 9, 7));

        Assert.InRange(GoldenTensors.Distance(products, own), 0.0, 1e-5 * Math.Max(1.0, GoldenTensors.Largest(products)));
    }

    private static T5Model Model(string shape)
    {
        var model = new T5Model(shape switch
        {
            "relu" => Gated with { FeedForward = FeedForwardKind.Relu, TiedEmbeddings = true },
            "odd" => new(101, 27, 35, 5, 3, 1, 2, FeedForwardKind.GatedGelu, TiedEmbeddings: false, 8, 16, 0.0),
            _ => Gated,
        });
        model.Initialise(3);
        return model;
    }

    private static long[] Draw(int rows, int length, bool padded)
    {
        var random = new Random((rows * 1000) + length);
        return [.. Enumerable.Range(0, rows * length).Select(i => padded && i % length > 2 + (i / length) ? 0 : random.NextInt64(2, 96))];
    }

    private static float[] Whole(T5Model model, long[] inputs, long[] targets, int rows, int inputLength, int length)
    {
        using var from = torch.tensor(inputs, [rows, inputLength]);
        using var to = torch.tensor(targets, [rows, length]);
        return Values(model.forward(from, to));
    }

    private static float[] Values(torch.Tensor logits)
    {
        using (logits)
        {
            return TensorMemory.Values<float>(logits).ToArray();
        }
    }

    private static ReadOnlySpan<float> At(float[] logits, T5Model model, int row, int position, int length) =>
        logits.AsSpan(((row * length) + position) * model.Shape.Vocabulary, model.Shape.Vocabulary);

    private static int[] Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values).ToArray();
}
