using Orchestrator.Training.Native;
using Xunit;

namespace Orchestrator.Tests.Training.Native;

public sealed unsafe class KernelsLayersTests
{
    [Theory]
    [InlineData(7, 8192, 0.0, 1.0)]
    [InlineData(3, 1000, 1e-4, 1.0)]
    [InlineData(5, 17, 1e-2, 0.125)]
    [InlineData(2, 5, 1e-4, 1.0)]
    public void Cross_entropy_and_its_gradient_are_those_of_double_arithmetic(int rows, int vocabulary, double zLoss, double scale)
    {
        using var logits = Floats.Random(rows * vocabulary, 1, 5);
        var original = logits.Span.ToArray();
        var targets = Enumerable.Range(0, rows).Select(n => n == 1 ? 0L : 1 + (n * 7919L % (vocabulary - 1))).ToArray();
        using var rowLosses = new Floats(rows);
        CrossEntropyResult result;
        fixed (long* target = targets)
        {
            result = Kernels.CrossEntropy(logits, target, rows, vocabulary, 0, zLoss, backward: true, (float)scale, rowLosses);
        }

        var (loss, zTerm) = (0.0, 0.0);
        for (var n = 0; n < rows; n++)
        {
            var row = original.AsSpan(n * vocabulary, vocabulary).ToArray().Select(x => (double)x).ToArray();
            var top = row.Max();
            var logZ = top + Math.Log(row.Sum(x => Math.Exp(x - top)));
            var counts = targets[n] != 0;
            var expected = counts ? logZ - row[targets[n]] : 0;
            loss += expected;
            zTerm += counts ? zLoss * logZ * logZ : 0;
            Assert.Equal(expected, rowLosses.Span[n], 1e-5 * Math.Max(1, expected));
            for (var v = 0; v < vocabulary; v++)
            {
                var gradient = counts ? scale * ((Math.Exp(row[v] - logZ) * (1 + (2 * zLoss * logZ))) - (v == targets[n] ? 1 : 0)) : 0;
                Assert.Equal(gradient, logits.Span[(n * vocabulary) + v], 1e-6 * scale);
            }
        }

        Assert.Equal(rows - 1, result.Count);
        Assert.Equal(loss, result.Loss, loss * 1e-6);
        Assert.Equal(zTerm, result.ZLoss, (zTerm * 1e-6) + 1e-12);
    }

    [Fact]
    public void Cross_entropy_without_backward_leaves_the_logits_alone_and_gives_the_same_loss()
    {
        using var logits = Floats.Random(4 * 100, 2, 3);
        var original = logits.Span.ToArray();
        long* targets = stackalloc long[] { 1, 2, 3, 4 };
        var forward = Kernels.CrossEntropy(logits, targets, 4, 100, backward: false);
        Assert.True(original.AsSpan().SequenceEqual(logits.Span));
        Assert.Equal(forward, Kernels.CrossEntropy(logits, targets, 4, 100));
    }

    [Fact]
    public void Cross_entropy_is_stable_for_huge_logits_and_shows_a_logit_that_is_not_a_number()
    {
        using var logits = new Floats([1e30f, 1e30f, -1e30f, 0, 80, 0, 0, -3e38f]);
        long* targets = stackalloc long[] { 1, 3 };
        var result = Kernels.CrossEntropy(logits, targets, 1, 4, backward: false);
        Assert.Equal(Math.Log(2), result.Loss, 1e-6);

        logits.Span[2] = float.NaN;
        Assert.True(double.IsNaN(Kernels.CrossEntropy(logits, targets, 1, 4, backward: false).Loss));
    }

    [Fact]
    public void A_target_outside_the_vocabulary_is_refused()
    {
        using var logits = new Floats(10);
        long* targets = stackalloc long[] { 10 };
        var address = (nint)targets;
        var values = (nint)logits.Pointer;
        var thrown = Assert.Throws<ArgumentException>(() => Kernels.CrossEntropy((float*)values, (long*)address, 1, 10));
        Assert.Contains("Target 10 of row 0", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 512)]
    [InlineData(130, 37)]
    public void Rms_norm_and_its_gradient_are_those_of_double_arithmetic(int rows, int width)
    {
        using var x = Floats.Random(rows * width, 3, 2);
        using var weight = Floats.Random(width, 4);
        using var gradY = Floats.Random(rows * width, 5);
        using var y = new Floats(rows * width);
        using var inverse = new Floats(rows);
        using var gradX = new Floats(rows * width);
        using var gradWeight = new Floats(width);
        gradWeight.Span.Fill(1);

        Kernels.RmsNorm(x, weight, y, inverse, rows, width);
        Kernels.RmsNormBackward(x, weight, gradY, inverse, gradX, gradWeight, rows, width);

        var expectedWeight = Enumerable.Repeat(1.0, width).ToArray();
        for (var n = 0; n < rows; n++)
        {
            var (square, dot) = (0.0, 0.0);
            for (var d = 0; d < width; d++)
            {
                var at = (n * width) + d;
                square += (double)x.Span[at] * x.Span[at];
                dot += (double)weight.Span[d] * gradY.Span[at] * x.Span[at];
            }

            var r = 1 / Math.Sqrt((square / width) + 1e-6);
            Assert.Equal(r, inverse.Span[n], r * 1e-6);
            for (var d = 0; d < width; d++)
            {
                var at = (n * width) + d;
                Assert.Equal(weight.Span[d] * x.Span[at] * r, y.Span[at], 1e-5);
                Assert.Equal(r * ((weight.Span[d] * gradY.Span[at]) - (x.Span[at] * r * r * dot / width)), gradX.Span[at], 1e-5);
                expectedWeight[d] += gradY.Span[at] * x.Span[at] * r;
            }
        }

        for (var d = 0; d < width; d++)
        {
            Assert.Equal(expectedWeight[d], gradWeight.Span[d], 1e-5 * Math.Max(1, Math.Abs(expectedWeight[d])));
        }
    }

    [Theory]
    [InlineData(2, 3, 5, 33, false, true)]
    [InlineData(2, 2, 20, 20, true, false)]
    [InlineData(1, 1, 3, 16, false, false)]
    public void Softmax_with_bias_and_mask_and_its_gradient_are_those_of_double_arithmetic(int batch, int heads, int queries, int keys, bool causal, bool masked)
    {
        var count = batch * heads * queries * keys;
        using var scores = Floats.Random(count, 6, 3);
        using var bias = Floats.Random(heads * queries * keys, 7);
        using var grad = Floats.Random(count, 8);
        using var gradBias = new Floats(heads * queries * keys);
        gradBias.Span.Fill(0.5f);
        var keep = Enumerable.Range(0, batch * keys).Select(i => (byte)(!masked || i % 3 != 1 ? 1 : 0)).ToArray();
        var (original, originalGrad) = (scores.Span.ToArray(), grad.Span.ToArray());

        fixed (byte* pointer = keep)
        {
            Kernels.Softmax(scores, bias, masked ? pointer : null, batch, heads, queries, keys, causal);
        }

        Kernels.SoftmaxBackward(grad, scores, gradBias, batch, heads, queries, keys);

        var expectedBias = Enumerable.Repeat(0.5, heads * queries * keys).ToArray();
        for (var row = 0; row < batch * heads * queries; row++)
        {
            var (q, h, b) = (row % queries, row / queries % heads, row / queries / heads);
            var exponentials = Enumerable.Range(0, keys).Select(k =>
                (causal && k > q) || keep[(b * keys) + k] == 0 ? 0 : Math.Exp((double)original[(row * keys) + k] + bias.Span[(((h * queries) + q) * keys) + k])).ToArray();
            var sum = exponentials.Sum();
            var dot = Enumerable.Range(0, keys).Sum(k => exponentials[k] / sum * originalGrad[(row * keys) + k]);
            for (var k = 0; k < keys; k++)
            {
                var p = exponentials[k] / sum;
                var gradient = p * (originalGrad[(row * keys) + k] - dot);
                Assert.Equal(p, scores.Span[(row * keys) + k], 1e-6);
                Assert.Equal(gradient, grad.Span[(row * keys) + k], 2e-6);
                expectedBias[(((h * queries) + q) * keys) + k] += gradient;
            }
        }

        for (var i = 0; i < expectedBias.Length; i++)
        {
            Assert.Equal(expectedBias[i], gradBias.Span[i], 5e-6);
        }
    }

    [Fact]
    public void A_row_of_masked_keys_alone_attends_to_nothing()
    {
        using var scores = Floats.Random(20, 9);
        var keep = stackalloc byte[20];
        Kernels.Softmax(scores, null, keep, 1, 1, 1, 20, causal: false);
        Assert.Equal(-1, scores.Span.IndexOfAnyExcept(0));
    }
}
