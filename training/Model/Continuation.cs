using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>New tokens of sequences whose earlier keys and values are kept. Owns its tensors.</summary>
/// <param name="rows">B, rows.</param>
/// <param name="length">n, new tokens of a row.</param>
/// <param name="starts">Where each row's new tokens stand.</param>
/// <param name="capacity">Places of a row in the kept keys and values.</param>
/// <param name="device">Where the tensors live.</param>
internal sealed class Continuation(int rows, int length, IReadOnlyList<int> starts, int capacity, Device device) : IDisposable
{
    /// <summary>n.</summary>
    public int Length => length;

    /// <summary>Tokens before the new ones, in the row that has the most.</summary>
    public int Offset { get; } = starts.Max();

    /// <summary>Each new token's position in its row [B x n].</summary>
    public Tensor Positions { get; } = Of(rows, length, device, (row, i) => starts[row] + i);

    /// <summary>Each new token's row in the kept keys and values [B x n].</summary>
    public Tensor Places { get; } = Of(rows, length, device, (row, i) => ((long)row * capacity) + starts[row] + i);

    /// <summary>Where rows are not equally long, bytes [B, K]: 0 for what lies beyond a row's newest token; else null.</summary>
    public Tensor? KeyMask { get; } = Mask(rows, length, starts, device);

    /// <inheritdoc/>
    public void Dispose()
    {
        Positions.Dispose();
        Places.Dispose();
        KeyMask?.Dispose();
    }

    private static Tensor Of(int rows, int length, Device device, Func<int, int, long> value)
    {
        var values = new long[rows * length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(i / length, i % length);
        }

        return TensorMemory.Of(values, [values.Length], device);
    }

    private static Tensor? Mask(int rows, int length, IReadOnlyList<int> starts, Device device)
    {
        if (starts.All(start => start == starts[0]))
        {
            return null;
        }

        var keys = starts.Max() + length;
        var mask = new byte[rows * keys];
        for (var row = 0; row < rows; row++)
        {
            mask.AsSpan(row * keys, starts[row] + length).Fill(1);
        }

        return TensorMemory.Of(mask, [rows, keys], device);
    }
}
