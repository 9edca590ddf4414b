using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using static TorchSharp.torch;

namespace Orchestrator.Training.Generation;

// Letters: B = batch, K = input length, I = heads x head width, D = width of the stream, V = vocabulary.

/// <summary>A T5's decoder with each block's keys and values kept: those of the memory computed once, those of the sequence as it grows.</summary>
internal sealed class T5Decoder : IIncrementalDecoder
{
    private readonly Embedding _embedding;
    private readonly Stack _decoder;
    private readonly OutputLayer _head;
    private readonly Func<int, Pass> _newPass;
    private readonly Tensor[] _memory_BK2I;
    private readonly KeyValueCache _cache;
    private Tensor? _mask_BK;
    private Pass _pass;
    private int[] _source;
    private int _position;

    /// <summary>Begins with a batch's memory [B x K, D], an operand, and takes over its mask.</summary>
    public T5Decoder(Embedding embedding, Stack decoder, OutputLayer head, ResolvedModel shape, Tensor memory, Tensor? mask_BK, Func<int, Pass> newPass, int rows)
    {
        (_embedding, _decoder, _head, _newPass) = (embedding, decoder, head, newPass);
        _mask_BK = mask_BK;
        _pass = newPass(rows);
        _source = [.. Enumerable.Range(0, rows)];
        _memory_BK2I = decoder.ProjectMemory(memory, _pass);
        _cache = new KeyValueCache(decoder.Layers, rows, shape.Inner, _pass.Device);
    }

    /// <inheritdoc/>
    public int Rows => _pass.Batch;

    /// <inheritdoc/>
    public IReadOnlyList<long> FirstTokens => new long[Rows];

    /// <inheritdoc/>
    public Tensor Step(ReadOnlySpan<long> tokens)
    {
        _cache.Require(_position + 1);
        using var ids = TensorMemory.Of(tokens, [Rows], _pass.Device);
        using var fresh = new Continuation(Rows, 1, [.. Enumerable.Repeat(_position++, Rows)], _cache.Capacity, _pass.Device);
        using var hidden = _decoder.Step(_embedding.Forward(ids, null, _pass), fresh, _cache.Blocks_BC2I, _memory_BK2I, _mask_BK, _pass);
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
        _cache.Select(index);
        int[] source = [.. rows.Select(row => _source[row])];
        // Beams of one input read the same memory: most changes of rows leave it as it is.
        if (!source.AsSpan().SequenceEqual(_source))
        {
            KeyValueCache.Select(_memory_BK2I, Rows, index);
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
        foreach (var tensor in _memory_BK2I)
        {
            tensor.Dispose();
        }

        _cache.Dispose();
        _mask_BK?.Dispose();
        _pass.Dispose();
    }
}
