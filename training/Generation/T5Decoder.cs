using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using static TorchSharp.torch;

namespace Orchestrator.Training.Generation;

// Letters: B = batch, C = capacity in positions, K = input length, I = heads x head width, D = width of the stream, V = vocabulary.

/// <summary>A T5's decoder with each block's keys and values kept: those of the memory computed once, those of the sequence as it grows.</summary>
internal sealed class T5Decoder : IIncrementalDecoder
{
    private const int FirstCapacity = 16;

    private readonly Embedding _embedding;
    private readonly Stack _decoder;
    private readonly OutputLayer _head;
    private readonly int _inner;
    private readonly Func<int, Pass> _newPass;
    private readonly Tensor[] _memory_BK2I;
    private readonly Tensor[] _cache_BC2I;
    private Tensor? _mask_BK;
    private Pass _pass;
    private int[] _source;
    private int _capacity = FirstCapacity;
    private int _position;

    /// <summary>Begins with a batch's memory [B x K, D], an operand, and takes over its mask.</summary>
    public T5Decoder(Embedding embedding, Stack decoder, OutputLayer head, ResolvedModel shape, Tensor memory, Tensor? mask_BK, Func<int, Pass> newPass, int rows)
    {
        (_embedding, _decoder, _head, _inner, _newPass) = (embedding, decoder, head, shape.Inner, newPass);
        _mask_BK = mask_BK;
        _pass = newPass(rows);
        _source = [.. Enumerable.Range(0, rows)];
        _memory_BK2I = decoder.ProjectMemory(memory, _pass);
        _cache_BC2I = [.. Enumerable.Range(0, decoder.Layers).Select(_ => empty([(long)rows * FirstCapacity, 2L * _inner], ScalarType.Float32, _pass.Device))];
    }

    /// <inheritdoc/>
    public int Rows => _pass.Batch;

    /// <inheritdoc/>
    public IReadOnlyList<long> FirstTokens => new long[Rows];

    /// <inheritdoc/>
    public Tensor Step(ReadOnlySpan<long> tokens)
    {
        if (_position == _capacity)
        {
            Grow();
        }

        using var ids = TensorMemory.Of(tokens, [Rows], _pass.Device);
        using var fresh = new Continuation(Rows, 1, [.. Enumerable.Repeat(_position++, Rows)], _capacity, _pass.Device);
        using var hidden = _decoder.Step(_embedding.Forward(ids, null, _pass), fresh, _cache_BC2I, _memory_BK2I, _mask_BK, _pass);
        return _head.Logits(hidden, _pass);
    }

    /// <inheritdoc/>
    public void Select(IReadOnlyList<int> rows)
    {
        if (rows.Count == Rows && rows.SequenceEqual(Enumerable.Range(0, Rows)))
        {
            return;
        }

        using var index = TensorMemory.Of([.. rows.Select(row => (long)row)], [rows.Count], _pass.Device);
        Select(_cache_BC2I, index);
        int[] source = [.. rows.Select(row => _source[row])];
        // Beams of one input read the same memory: most changes of rows leave it as it is.
        if (!source.AsSpan().SequenceEqual(_source))
        {
            Select(_memory_BK2I, index);
            var mask = _mask_BK;
            _mask_BK = mask?.index_select(0, index);
            mask?.Dispose();
        }

        _source = source;
        _pass.Dispose();
        _pass = _newPass(rows.Count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _memory_BK2I.Concat(_cache_BC2I))
        {
            tensor.Dispose();
        }

        _mask_BK?.Dispose();
        _pass.Dispose();
    }

    private void Select(Tensor[] tensors, Tensor index)
    {
        for (var layer = 0; layer < tensors.Length; layer++)
        {
            using var old = tensors[layer];
            using var rows = old.view(Rows, -1, 2L * _inner);
            using var selected = rows.index_select(0, index);
            tensors[layer] = selected.view(-1, 2L * _inner);
        }
    }

    private void Grow()
    {
        for (var layer = 0; layer < _cache_BC2I.Length; layer++)
        {
            using var old = _cache_BC2I[layer];
            using var before = old.view(Rows, _capacity, -1);
            var grown = empty([(long)Rows * 2 * _capacity, 2L * _inner], ScalarType.Float32, _pass.Device);
            using (var all = grown.view(Rows, 2L * _capacity, -1))
            using (var into = all.narrow(1, 0, _capacity))
            {
                into.copy_(before);
            }

            _cache_BC2I[layer] = grown;
        }

        _capacity *= 2;
    }
}
