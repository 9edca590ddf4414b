using static TorchSharp.torch;

namespace Orchestrator.Training.Generation;

// Letters: B = batch, C = capacity in positions, I = heads x head width.

/// <summary>Keys and values that a decoder's blocks keep of the positions so far.</summary>
internal sealed class KeyValueCache : IDisposable
{
    private const int FirstCapacity = 16;

    private readonly int _inner;
    private readonly Device _device;
    private int _rows;

    /// <summary>Room for a few positions.</summary>
    /// <param name="layers">Blocks.</param>
    /// <param name="rows">B.</param>
    /// <param name="inner">I.</param>
    /// <param name="device">Where it lives.</param>
    public KeyValueCache(int layers, int rows, int inner, Device device)
    {
        (_rows, _inner, _device) = (rows, inner, device);
        Blocks_BC2I = [.. Enumerable.Range(0, layers).Select(_ => Empty(FirstCapacity))];
    }

    /// <summary>Each block's keys and values, one row after the other.</summary>
    public Tensor[] Blocks_BC2I { get; }

    /// <summary>C.</summary>
    public int Capacity { get; private set; } = FirstCapacity;

    /// <summary>Makes room for this many positions.</summary>
    public void Require(int positions)
    {
        if (positions <= Capacity)
        {
            return;
        }

        var capacity = Math.Max(positions, 2 * Capacity);
        for (var layer = 0; layer < Blocks_BC2I.Length; layer++)
        {
            using var old = Blocks_BC2I[layer];
            using var before = old.view(_rows, Capacity, -1);
            var grown = Empty(capacity);
            using (var all = grown.view(_rows, capacity, -1))
            using (var into = all.narrow(1, 0, Capacity))
            {
                into.copy_(before);
            }

            Blocks_BC2I[layer] = grown;
        }

        Capacity = capacity;
    }

    /// <summary>Goes on with these rows.</summary>
    public void Select(Tensor index)
    {
        Select(Blocks_BC2I, _rows, index);
        _rows = (int)index.shape[0];
    }

    /// <summary>Replaces blocks [B x any, 2I] by those of some rows.</summary>
    public static void Select(Tensor[] blocks, int rows, Tensor index)
    {
        for (var layer = 0; layer < blocks.Length; layer++)
        {
            using var old = blocks[layer];
            using var byRow = old.view(rows, -1, old.shape[1]);
            using var selected = byRow.index_select(0, index);
            blocks[layer] = selected.view(-1, old.shape[1]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Blocks_BC2I)
        {
            tensor.Dispose();
        }
    }

    private Tensor Empty(int capacity) => empty([(long)_rows * capacity, 2L * _inner], ScalarType.Float32, _device);
}
