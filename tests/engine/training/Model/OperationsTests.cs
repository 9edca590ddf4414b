using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Training.Model;

/// <summary>The fused kernels against the same operations by tensor operators.</summary>
public sealed class OperationsTests
{
    [Theory]
    [InlineData(2, 3, 40, 50, 8, false, 0, true, false)]
    [InlineData(2, 3, 150, 150, 8, true, 0, false, true)]
    [InlineData(1, 2, 300, 7, 16, false, 0, true, true)]
    [InlineData(3, 1, 1, 33, 24, true, 32, false, false)]
    public void Attention_and_its_gradients_agree(int batch, int heads, int queries, int keys, int width, bool causal, int offset, bool masked, bool dropped)
    {
        var shape = new AttentionShape(batch, heads, queries, keys, width, causal, offset);
        using var native = new AttentionCase(shape, masked, dropped);
        using var tensors = new AttentionCase(shape, masked, dropped);

        native.Run(NativeOperations.Instance);
        tensors.Run(TensorOperations.Instance);

        foreach (var (expected, actual) in tensors.Results.Zip(native.Results))
        {
            Assert.InRange(GoldenTensors.Distance(expected, actual), 0, 2e-5 * Math.Max(1.0, GoldenTensors.Largest(expected)));
        }
    }

    [Fact]
    public void The_number_of_threads_does_not_show_in_the_bits()
    {
        var shape = new AttentionShape(3, 2, 140, 140, 8, Causal: true, 0);
        using var one = new AttentionCase(shape, masked: false, dropped: true);
        using var three = new AttentionCase(shape, masked: false, dropped: true);
        var threads = Kernels.Threads;
        try
        {
            Kernels.Threads = 1;
            one.Run(NativeOperations.Instance);
            Kernels.Threads = 3;
            three.Run(NativeOperations.Instance);
        }
        finally
        {
            Kernels.Threads = threads;
        }

        Assert.Equal(one.Results, three.Results);
    }

    [Theory]
    [InlineData(5, 32)]
    [InlineData(70, 45)]
    public void The_gated_unit_and_its_gradient_agree(int rows, int width)
    {
        using var scope = NewDisposeScope();
        var h = Draw(1, rows, 2 * width) * 3.0;
        var dy = Draw(2, rows, width);
        var (first, second) = (h.clone(), h.clone());

        Assert.InRange(Distance(TensorOperations.Instance.GatedGelu(h), NativeOperations.Instance.GatedGelu(h)), 0, 1e-5);

        TensorOperations.Instance.GatedGeluBackward(dy, first);
        NativeOperations.Instance.GatedGeluBackward(dy, second);
        Assert.InRange(Distance(first, second), 0, 1e-5);
    }

    [Theory]
    [InlineData(5, 32, false)]
    [InlineData(70, 45, true)]
    [InlineData(3, 7, true)]
    public void Gelu_its_bias_and_its_gradient_agree(int rows, int width, bool exact)
    {
        using var scope = NewDisposeScope();
        var (h, bias, dy) = (Draw(1, rows, width) * 4.0, Draw(2, width), Draw(3, rows, width));
        h[0] = -1e4f;
        h[1] = 100f;
        var results = new Operations[] { TensorOperations.Instance, NativeOperations.Instance }.Select(operations =>
        {
            var (input, gradient, dbias) = (h.clone(), dy.clone(), ones(width));
            var result = operations.Gelu(input, bias, exact);
            operations.GeluBackward(gradient, input, exact);
            operations.BiasBackward(dy, dbias);
            return new[] { result, gradient, dbias, input };
        }).ToArray();

        foreach (var (expected, actual) in results[0].Zip(results[1]))
        {
            Assert.InRange(Distance(expected, actual), 0, 2e-5);
        }
    }

    [Theory]
    [InlineData(5, 32)]
    [InlineData(130, 45)]
    [InlineData(2, 3)]
    public void Layer_norm_and_its_gradients_agree(int rows, int width)
    {
        using var scope = NewDisposeScope();
        var (x, weight, bias, dy) = ((Draw(1, rows, width) * 3.0) + 5.0, Draw(2, width), Draw(3, width), Draw(4, rows, width));
        var results = new Operations[] { TensorOperations.Instance, NativeOperations.Instance }.Select(operations =>
        {
            var (dx, dweight, dbias) = (ones(rows, width), ones(width), ones(width));
            var (result, statistics) = operations.LayerNorm(x, weight, bias, 1e-5);
            operations.LayerNormBackward(dy.clone(), x, weight, statistics, dx, dweight, dbias);
            return new[] { result, dx, dweight, dbias };
        }).ToArray();

        foreach (var (expected, actual) in results[0].Zip(results[1]))
        {
            Assert.InRange(Distance(expected, actual), 0, 1e-4);
        }
    }

    [Theory]
    [InlineData(4, 12)]
    [InlineData(20, 24)]
    public void Rotary_positions_agree_and_turn_back(int turned, int stride)
    {
        using var scope = NewDisposeScope();
        var x = Draw(1, 9, (3 * stride) + 5);
        var positions = TensorMemory.Of([0L, 3, 1, 7, 2, 2, 5, 6, 4], [9], CPU);
        var table = Draw(2, 8, 2, turned / 2);
        var norms = table.square().sum([1], keepdim: true).sqrt();
        table.div_(norms);
        var (expected, actual) = (x.clone(), x.clone());

        TensorOperations.Instance.Rotate(expected, 5, stride, 3, positions, table, forward: true);
        NativeOperations.Instance.Rotate(actual, 5, stride, 3, positions, table, forward: true);

        Assert.InRange(Distance(expected, actual), 0, 1e-6);
        Assert.True(Distance(x, actual) > 0.1);
        NativeOperations.Instance.Rotate(actual, 5, stride, 3, positions, table, forward: false);
        Assert.InRange(Distance(x, actual), 0, 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attention_with_segments_a_scale_and_heads_apart_agrees(bool causal)
    {
        using var scope = NewDisposeScope();
        var shape = new AttentionShape(2, 3, 40, 40, 8, causal, 0, Scale: 0.3f);
        var packed = Draw(1, 80, 3 * 24);
        var layout = HeadLayout.ByHead(8);
        var segments = TensorMemory.Of([.. Enumerable.Range(0, 80).Select(i => i % 40 < 17 ? 1L : i < 70 ? 2L : 0L)], [2, 40], CPU);
        var others = TensorMemory.Of([.. Enumerable.Range(0, 80).Select(i => i % 40 < 9 ? 1L : 2L)], [2, 40], CPU);
        // The second case's padding sees no key at all.
        var view = new AttentionView(null, null, segments, causal ? segments : others);
        var results = new Operations[] { TensorOperations.Instance, NativeOperations.Instance, RowWiseOperations.Rows }.Select((operations, number) =>
        {
            var (result, weights) = operations.Attention(shape, layout.OverItself(packed, shape), view, null, keep: number < 2);
            if (weights is null)
            {
                return new[] { result };
            }

            var into = zeros_like(packed);
            operations.AttentionBackward(shape, layout.OverItself(packed, shape), null, Draw(2, 80, 24), weights, layout.OverItself(into, shape), null);
            return new[] { result, weights, into };
        }).ToArray();

        foreach (var (expected, actual) in results[0].Zip(results[1]).Append((results[0][0], results[2][0])))
        {
            Assert.InRange(Distance(expected.contiguous(), actual.contiguous()), 0, 1e-5);
        }

        Assert.Equal(causal, results[0][0][79].abs().sum().item<float>() > 0f);
    }

    private static double Distance(Tensor expected, Tensor actual) =>
        GoldenTensors.Distance(TensorMemory.Values<float>(expected), TensorMemory.Values<float>(actual));

    private static Tensor Draw(long seed, params long[] shape)
    {
        var random = new CounterRandom(seed, "operations");
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)random.Normal((ulong)i);
        }

        return TensorMemory.Of(values, shape, CPU);
    }

    private sealed class AttentionCase : IDisposable
    {
        private readonly DisposeScope _scope = NewDisposeScope();
        private readonly AttentionShape _shape;
        private readonly Tensor? _mask;
        private readonly Tensor? _dropout;

        public AttentionCase(AttentionShape shape, bool masked, bool dropped)
        {
            _shape = shape;
            if (masked)
            {
                _mask = TensorMemory.Of([.. Enumerable.Range(0, shape.Batch * shape.Keys).Select(i => (byte)(i % shape.Keys % 5 == 3 ? 0 : 1))], [shape.Batch, shape.Keys], CPU);
            }

            if (dropped)
            {
                var factors = Enumerable.Range(0, shape.Batch * shape.Heads * shape.Keys).Select(i => i % 7 == 2 ? 0f : 1.25f).ToArray();
                _dropout = TensorMemory.Of(factors, [shape.Batch, shape.Heads, shape.Keys], CPU);
            }
        }

        public List<float[]> Results { get; } = [];

        public void Run(Operations operations)
        {
            // The memory has a row more than there are keys, as a cache that is not full.
            var rows = _shape.Keys + 1;
            var queries = Draw(1, (long)_shape.Batch * _shape.Queries, _shape.Inner + 3);
            var memory = Draw(2, (long)_shape.Batch * rows, 2 * _shape.Inner);
            var input = new Projections(queries, 3, memory, 0, _shape.Inner, rows, _shape.Width, _shape.Width);
            var into = new Projections(zeros_like(queries), 3, zeros_like(memory), 0, _shape.Inner, rows, _shape.Width, _shape.Width);
            var bias = Draw(3, _shape.Heads, _shape.Distances);
            var dbias = zeros_like(bias);

            var (result, weights) = operations.Attention(_shape, input, new AttentionView(bias, _mask), _dropout, keep: true);
            operations.AttentionBackward(_shape, input, _dropout, Draw(4, (long)_shape.Batch * _shape.Queries, _shape.Inner), weights!, into, dbias);

            foreach (var tensor in new[] { result, weights!, into.Queries, into.Memory, dbias })
            {
                using var contiguous = tensor.contiguous();
                Results.Add(TensorMemory.Values<float>(contiguous).ToArray());
            }
        }

        public void Dispose() => _scope.Dispose();
    }
}
