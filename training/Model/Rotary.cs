using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>Rotary positions (Su et al. 2021, arXiv:2104.09864) of the first values of each head, in GPT-NeoX's layout: value i turns with value i + width / 2.</summary>
/// <param name="width">Values of a head that turn, even.</param>
/// <param name="angleBase">Pair i of n turns by position x base^(-i/n).</param>
internal sealed class Rotary(int width, double angleBase) : IDisposable
{
    private Tensor? _table;

    /// <summary>Turns queries and keys by their positions, in place.</summary>
    /// <param name="projected">Packed projections [R, any].</param>
    /// <param name="positions_R">Each row's position.</param>
    /// <param name="layout">How they are packed.</param>
    /// <param name="shape">The heads.</param>
    /// <param name="pass">The pass.</param>
    public void Turn(Tensor projected, Tensor positions_R, HeadLayout layout, AttentionShape shape, Pass pass) =>
        Turn(projected, positions_R, layout, shape, pass, forward: true);

    /// <summary>Turns gradients of turned queries and keys back, in place.</summary>
    public void TurnBack(Tensor projected, Tensor positions_R, HeadLayout layout, AttentionShape shape, Pass pass) =>
        Turn(projected, positions_R, layout, shape, pass, forward: false);

    /// <summary>Sees to it that positions below a length are known.</summary>
    public void Prepare(int length, Device device)
    {
        if (_table is not null && _table.shape[0] >= length)
        {
            return;
        }

        var pairs = width / 2;
        var values = new float[length * width];
        for (var position = 0; position < length; position++)
        {
            for (var i = 0; i < pairs; i++)
            {
                var angle = position * Math.Pow(angleBase, -(double)i / pairs);
                values[(position * width) + i] = (float)Math.Cos(angle);
                values[(position * width) + pairs + i] = (float)Math.Sin(angle);
            }
        }

        _table?.Dispose();
        _table = TensorMemory.Of(values, [length, 2, pairs], device).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _table?.Dispose();

    private void Turn(Tensor projected, Tensor positions_R, HeadLayout layout, AttentionShape shape, Pass pass, bool forward)
    {
        pass.Operations.Rotate(projected, layout.QueryColumn, layout.Stride, shape.Heads, positions_R, _table!, forward);
        pass.Operations.Rotate(projected, layout.KeyColumn, layout.Stride, shape.Heads, positions_R, _table!, forward);
    }
}
