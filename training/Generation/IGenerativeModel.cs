using static TorchSharp.torch;

namespace Orchestrator.Training.Generation;

/// <summary>A model that continues sequences token by token.</summary>
public interface IGenerativeModel
{
    /// <summary>Whether inputs are the beginning of the text, which goes on without an end token between; else they are read whole, and answered.</summary>
    bool ContinuesInputs { get; }

    /// <summary>Begins a batch: reads the inputs once.</summary>
    /// <param name="inputs">Token ids [rows, L], row by row, padded with 0.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="inputMask">1 where an input is seen, 0 where not; null: where it is not 0.</param>
    IIncrementalDecoder StartDecoding(long[] inputs, int rows, long[]? inputMask = null);
}

/// <summary>A batch of sequences that grow by one token of every row at a time; what was computed for earlier tokens is kept.</summary>
public interface IIncrementalDecoder : IDisposable
{
    /// <summary>Rows at present.</summary>
    int Rows { get; }

    /// <summary>The tokens that the first step is given, one a row: what sequences start with.</summary>
    IReadOnlyList<long> FirstTokens { get; }

    /// <summary>Takes the next token of every row.</summary>
    /// <returns>Logits [rows, V] of the tokens after them, fp32; the caller disposes them.</returns>
    Tensor Step(ReadOnlySpan<long> tokens);

    /// <summary>Goes on with these rows, in this order; a row may be named several times or not at all.</summary>
    void Select(IReadOnlyList<int> rows);
}
