using Orchestrator.Core.Specs;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>Greedy decoding with each block's keys and values kept, one new position of every row at a time.</summary>
internal sealed class GreedyDecoder(Tensor embedding_VD, Stack decoder, OutputLayer head, ResolvedModel model)
{
    private const long End = 1;

    /// <summary>Each row's tokens, its end token included if it came.</summary>
    public IReadOnlyList<long[]> Run(Tensor memory, Tensor? memoryMask, Pass pass, int longest, bool stopAtEnd)
    {
        var rows = pass.Batch;
        var projections = decoder.ProjectMemory(memory);
        var caches = new Tensor[decoder.Layers];
        for (var layer = 0; layer < caches.Length; layer++)
        {
            caches[layer] = zeros([(long)rows * longest, 3L * model.Inner], ScalarType.Float32, pass.Device);
        }

        var last = new long[rows];
        var tokens = Enumerable.Range(0, rows).Select(_ => new List<long>()).ToArray();
        var open = rows;
        for (var position = 0; position < longest && open > 0; position++)
        {
            using var ids = TensorMemory.Of(last, [rows], pass.Device);
            using var hidden = decoder.Step(embedding_VD.index_select(0, ids), position, caches, projections, memoryMask, pass);
            using var logits = head.Logits(hidden, pass);
            using var best = logits.argmax(1);
            using var here = best.cpu();
            TensorMemory.Values<long>(here).CopyTo(last);
            for (var row = 0; row < rows; row++)
            {
                if (stopAtEnd && tokens[row] is [.., End])
                {
                    last[row] = 0;
                    continue;
                }

                tokens[row].Add(last[row]);
                open -= stopAtEnd && last[row] == End ? 1 : 0;
            }
        }

        foreach (var tensor in projections.Concat(caches))
        {
            tensor.Dispose();
        }

        return [.. tokens.Select(row => row.ToArray())];
    }
}
