using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using static TorchSharp.torch;

namespace Orchestrator.Training.Optim;

/// <summary>Adafactor (Shazeer and Stern 2018, arXiv:1804.04235) over flat parameters, without momentum.</summary>
/// <remarks>
/// Each tensor is updated as a whole, so its row, column and RMS statistics do not depend on who holds what. The second moments of all
/// tensors lie in one flat fp32 buffer: a factored tensor has <c>NAME.row</c> and <c>NAME.column</c>, any other <c>NAME.second</c>.
/// </remarks>
public sealed unsafe class Adafactor : IOptimizer
{
    private const long Alignment = 64 / sizeof(float);

    private readonly FlatParameters _parameters;
    private readonly OptimizerSpec _spec;
    private readonly AdafactorConstants _constants;
    private readonly AdafactorLayout[] _layouts;
    private readonly long[] _offsets;
    private readonly Tensor _state;

    /// <summary>An optimizer whose state is zero, as before the first step.</summary>
    /// <param name="parameters">What it updates; on the CPU.</param>
    /// <param name="spec">Its constants.</param>
    public Adafactor(FlatParameters parameters, OptimizerSpec spec)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(spec);
        _parameters = parameters;
        _spec = spec;
        _constants = AdafactorConstants.Of(spec);
        _layouts = [.. parameters.Slices.Select(slice => AdafactorLayout.For(slice.Shape, spec.Rules, spec.MinFactoredDimension))];
        _offsets = new long[_layouts.Length];
        var slices = new List<ParameterSlice>();
        long end = 0;
        for (var i = 0; i < _layouts.Length; i++)
        {
            _offsets[i] = end = (end + Alignment - 1) / Alignment * Alignment;
            slices.AddRange(StateSlices(parameters.Slices[i], _layouts[i], end));
            end += _layouts[i].StateCount;
        }

        StateSlicesInOrder = slices;
        StateLength = Math.Max(1, end);
        _state = zeros([StateLength], ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <summary>Where each statistic lies in the state.</summary>
    public IReadOnlyList<ParameterSlice> StateSlicesInOrder { get; }

    /// <inheritdoc/>
    public float* State => TensorMemory.Start<float>(_state);

    /// <inheritdoc/>
    public IReadOnlyList<TensorView> StateViews => FlatParameters.Views(StateSlicesInOrder, State);

    /// <inheritdoc/>
    public long StateLength { get; }

    /// <summary>The second-moment decay of a step: 1 - step^-c.</summary>
    /// <param name="step">1 for the first.</param>
    public double Decay(long step) => 1.0 - Math.Pow(step, -_spec.DecayExponent);

    /// <inheritdoc/>
    public void Step(float* gradientSum, float gradientScale, double learningRate, long step)
    {
        for (var i = 0; i < _layouts.Length; i++)
        {
            StepOne(i, gradientSum + _parameters.Slices[i].Offset, gradientScale, learningRate, step);
        }
    }

    /// <summary>Updates one weight.</summary>
    /// <param name="index">Its place in the parameters' slices.</param>
    /// <param name="gradient">Its gradient's first value. Not modified.</param>
    /// <param name="gradientScale">What the gradient is multiplied by.</param>
    /// <param name="learningRate">The step's learning rate.</param>
    /// <param name="step">1 for the first.</param>
    public void StepOne(int index, float* gradient, float gradientScale, double learningRate, long step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        var weights = _parameters.Weights + _parameters.Slices[index].Offset;
        Kernels.AdafactorStep(weights, gradient, State + _offsets[index], _layouts[index], gradientScale, learningRate, Decay(step), _constants);
    }

    /// <inheritdoc/>
    public void Dispose() => _state.Dispose();

    private static IEnumerable<ParameterSlice> StateSlices(ParameterSlice weight, AdafactorLayout layout, long offset)
    {
        if (!layout.Factored)
        {
            yield return new ParameterSlice(weight.Name + ".second", weight.Shape, offset, weight.Count);
            yield break;
        }

        long[] batch = weight.Shape[..^2];
        var rows = layout.Batch * layout.Rows;
        yield return new ParameterSlice(weight.Name + ".row", [.. batch, layout.Rows], offset, rows);
        yield return new ParameterSlice(weight.Name + ".column", [.. batch, layout.Columns], offset + rows, layout.Batch * layout.Columns);
    }
}
