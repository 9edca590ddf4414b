using Orchestrator.Training.Data;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>What a stack knows of the rows that it reads, beside their tokens. Owns its tensors.</summary>
/// <param name="batch">B, rows.</param>
/// <param name="length">L, tokens of a row.</param>
/// <param name="keyMask_BL">Bytes: 0 for a token that is not attended to; or null.</param>
/// <param name="segments_BL">Segments of packed rows, or null.</param>
/// <param name="positions_R">Each token's position, for models that know positions and not distances; or null.</param>
internal sealed class Sequence(int batch, int length, Tensor? keyMask_BL, Tensor? segments_BL, Tensor? positions_R = null) : IDisposable
{
    /// <summary>B.</summary>
    public int Batch => batch;

    /// <summary>L.</summary>
    public int Length => length;

    /// <summary>Which tokens are attended to, or null: all.</summary>
    public Tensor? KeyMask => keyMask_BL;

    /// <summary>Segments, or null: a row is one.</summary>
    public Tensor? Segments => segments_BL;

    /// <summary>Positions, or null.</summary>
    public Tensor? Positions => positions_R;

    /// <summary>The encoder's side of a batch.</summary>
    public static Sequence OfInputs(TokenBatch batch, Device device, bool positions) =>
        Of(batch.Rows, batch.InputLength, batch.KeyMask(), batch.InputSegments, device, positions);

    /// <summary>The decoder's side of a batch, where padding is attended to: nothing that counts sees it.</summary>
    public static Sequence OfTargets(TokenBatch batch, Device device, bool positions) =>
        Of(batch.Rows, batch.TargetLength, null, batch.TargetSegments, device, positions);

    /// <summary>What the tokens of this sequence see of another.</summary>
    public AttentionView Seeing(Sequence other, Tensor? bias = null) =>
        new(bias, other.KeyMask, Segments, other.Segments);

    /// <inheritdoc/>
    public void Dispose()
    {
        keyMask_BL?.Dispose();
        segments_BL?.Dispose();
        positions_R?.Dispose();
    }

    private static Sequence Of(int rows, int length, byte[]? mask, long[]? segments, Device device, bool positions) => new(
        rows,
        length,
        mask is null ? null : TensorMemory.Of(mask, [rows, length], device),
        segments is null ? null : TensorMemory.Of(segments, [rows, length], device),
        positions ? TensorMemory.Of(TokenBatch.PositionsOf(rows, length, segments), [(long)rows * length], device) : null);
}
