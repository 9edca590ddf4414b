using Orchestrator.Training.Generation;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Training.Generation;

/// <summary>A model whose next token depends on the last one alone: row i of a table holds the log-probabilities after token i.</summary>
internal sealed class ChainModel(double[][] probabilities) : IGenerativeModel
{
    public bool ContinuesInputs => false;

    public IIncrementalDecoder StartDecoding(long[] inputs, int rows, long[]? inputMask = null) => new Decoder(probabilities, rows);

    private sealed class Decoder(double[][] probabilities, int rows) : IIncrementalDecoder
    {
        public int Rows { get; private set; } = rows;

        public IReadOnlyList<long> FirstTokens => new long[Rows];

        public Tensor Step(ReadOnlySpan<long> tokens)
        {
            Assert(tokens.Length == Rows);
            float[] logits = [.. tokens.ToArray().SelectMany(token => probabilities[token]).Select(p => (float)Math.Log(p))];
            return tensor(logits, [Rows, probabilities[0].Length]);
        }

        public void Select(IReadOnlyList<int> rows)
        {
            Assert(rows.All(row => row >= 0 && row < Rows));
            Rows = rows.Count;
        }

        public void Dispose()
        {
        }

        private static void Assert(bool condition) => Xunit.Assert.True(condition);
    }
}
