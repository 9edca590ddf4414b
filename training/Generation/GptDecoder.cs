using Orchestrator.Training.Model;
using static TorchSharp.torch;

namespace Orchestrator.Training.Generation;

/// <summary>A decoder alone that continues texts, with each block's keys and values kept. The texts are read in one go and need not be equally long.</summary>
internal sealed class GptDecoder : IIncrementalDecoder
{
    private readonly Embedding _embedding;
    private readonly Stack _stack;
    private readonly OutputLayer _head;
    private readonly ModelCore _core;
    private readonly KeyValueCache _cache;
    private Pass _pass;
    private long[] _newest;
    private int[] _lengths;

    /// <summary>Reads the texts, after a start token, but for the last token of each.</summary>
    /// <param name="core">The model's weights and how they are computed with.</param>
    /// <param name="embedding">Its embedding.</param>
    /// <param name="stack">Its blocks.</param>
    /// <param name="head">Its output layer.</param>
    /// <param name="inner">Width of all heads together.</param>
    /// <param name="texts">Each row's tokens.</param>
    public GptDecoder(ModelCore core, Embedding embedding, Stack stack, OutputLayer head, int inner, IReadOnlyList<long[]> texts)
    {
        (_core, _embedding, _stack, _head) = (core, embedding, stack, head);
        _pass = core.RowWisePass(texts.Count);
        _cache = new KeyValueCache(stack.Layers, texts.Count, inner, core.Device);
        _newest = [.. texts.Select(text => text.LastOrDefault())];
        _lengths = new int[texts.Count];
        var longest = texts.Max(text => text.Length);
        if (longest > 0)
        {
            var tokens = new long[texts.Count * longest];
            for (var row = 0; row < texts.Count; row++)
            {
                texts[row].AsSpan(0, Math.Max(0, texts[row].Length - 1)).CopyTo(tokens.AsSpan((row * longest) + 1));
            }

            Read(tokens, longest).Dispose();
            // What a shorter row read beyond its end lies beyond its newest token from now on.
            _lengths = [.. texts.Select(text => text.Length)];
        }
    }

    /// <inheritdoc/>
    public int Rows => _pass.Batch;

    /// <inheritdoc/>
    public IReadOnlyList<long> FirstTokens => _newest;

    /// <inheritdoc/>
    public Tensor Step(ReadOnlySpan<long> tokens)
    {
        using var hidden = Read(tokens, 1);
        _lengths = [.. _lengths.Select(length => length + 1)];
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
        _lengths = [.. rows.Select(row => _lengths[row])];
        _newest = [.. rows.Select(row => _newest[row])];
        _pass.Dispose();
        _pass = _core.RowWisePass(rows.Count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _pass.Dispose();
    }

    private Tensor Read(ReadOnlySpan<long> tokens, int length)
    {
        var positions = _lengths.Max() + length;
        _core.RequireLength(positions);
        _cache.Require(positions);
        using var ids = TensorMemory.Of(tokens, [tokens.Length], _pass.Device);
        using var fresh = new Continuation(Rows, length, _lengths, _cache.Capacity, _pass.Device);
        return _stack.Step(_embedding.Forward(ids, fresh.Positions, _pass), fresh, _cache.Blocks_BC2I, null, null, _pass);
    }
}
