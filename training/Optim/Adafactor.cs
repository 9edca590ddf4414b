using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using static TorchSharp.torch;

namespace Orchestrator.Training.Optim;

/// <summary>Adafactor (Shazeer and Stern 2018, arXiv:1804.04235) over flat parameters, with T5X's and Hugging Face's options.</summary>
/// <remarks>
/// Each tensor is updated as a whole, so its row, column and RMS statistics do not depend on who holds what. The second moments of all
/// tensors lie in one flat fp32 buffer: a factored tensor has <c>NAME.row</c> and <c>NAME.column</c>, any other <c>NAME.second</c>; with
/// momentum each has <c>NAME.m</c> too.
/// </remarks>
public sealed unsafe class Adafactor : IOptimizer
{
    private const long Alignment = 64 / sizeof(float);

    private readonly FlatParameters _parameters;
    private readonly OptimizerSpec _spec;
    private readonly AdafactorConstants[] _constants;
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
        _constants = Constants(parameters, spec);
        _layouts = [.. parameters.Trained.Select(slice => AdafactorLayout.For(slice.Shape, spec.Rules, spec.MinFactoredDimension, spec.Factored))];
        _offsets = new long[_layouts.Length];
        var slices = new List<ParameterSlice>();
        long end = 0;
        for (var i = 0; i < _layouts.Length; i++)
        {
            _offsets[i] = end = (end + Alignment - 1) / Alignment * Alignment;
            slices.AddRange(StateSlices(parameters.Trained[i], _layouts[i], end));
            end += _layouts[i].StateCount;
            if (spec.Beta1 is not null)
            {
                slices.Add(new ParameterSlice(parameters.Trained[i].Name + ".m", parameters.Trained[i].Shape, end, _layouts[i].Count));
                end += _layouts[i].Count;
            }
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

    /// <summary>The second-moment decay of a step: 1 - t^-c, t being the step less its offset.</summary>
    /// <param name="step">1 for the first.</param>
    public double Decay(long step) => 1.0 - Math.Pow(Math.Max(1, step - _spec.StepOffset), -_spec.DecayExponent);

    /// <inheritdoc/>
    public void Step(float* gradientSum, float gradientScale, double learningRate, long step)
    {
        for (var i = 0; i < _layouts.Length; i++)
        {
            StepOne(i, gradientSum + (_parameters.Trained[i].Offset - _parameters.GradientStart), gradientScale, learningRate, step);
        }
    }

    /// <summary>Updates one weight.</summary>
    /// <param name="index">Its place among the weights that are trained.</param>
    /// <param name="gradient">Its gradient's first value. Not modified.</param>
    /// <param name="gradientScale">What the gradient is multiplied by.</param>
    /// <param name="learningRate">The step's learning rate.</param>
    /// <param name="step">1 for the first.</param>
    public void StepOne(int index, float* gradient, float gradientScale, double learningRate, long step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        var weights = _parameters.Weights + _parameters.Trained[index].Offset;
        var state = State + _offsets[index];
        var momentum = _spec.Beta1 is null ? null : state + _layouts[index].StateCount;
        var constants = _constants[index];
        if (_spec.DecayRateExponent > 0)
        {
            constants = constants with { WeightDecay = constants.WeightDecay * Math.Pow(learningRate, _spec.DecayRateExponent) };
        }

        Kernels.AdafactorStep(weights, gradient, state, _layouts[index], gradientScale, learningRate, Decay(step), constants, momentum);
    }

    /// <inheritdoc/>
    public void Dispose() => _state.Dispose();

    private static AdafactorConstants[] Constants(FlatParameters parameters, OptimizerSpec spec)
    {
        var (unscaled, kept) = (NamePattern.Of(spec.Unscaled), NamePattern.Of(spec.NoDecay));
        return [.. parameters.Trained.Select(slice => new AdafactorConstants(
            spec.ClipThreshold,
            spec.Epsilon1,
            spec.Epsilon2,
            spec.ScaleParameter && unscaled?.IsMatch(slice.Name) != true,
            spec.MaxScale ?? double.PositiveInfinity,
            spec.Beta1 ?? 0.0,
            kept?.IsMatch(slice.Name) == true ? 0.0 : spec.WeightDecay,
            DecayByRate: spec.Rules == AdafactorRules.HuggingFace))];
    }

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
