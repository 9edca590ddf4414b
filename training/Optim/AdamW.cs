using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using static TorchSharp.torch;

namespace Orchestrator.Training.Optim;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2) over flat parameters, as PyTorch's AdamW computes it.</summary>
/// <remarks>Each tensor has two statistics of its shape: <c>NAME.m</c>, the average of its gradients, and <c>NAME.v</c>, that of their squares.</remarks>
public sealed unsafe class AdamW : IOptimizer
{
    private readonly FlatParameters _parameters;
    private readonly AdamConstants[] _constants;
    private readonly Tensor _state;

    /// <summary>An optimizer whose state is zero, as before the first step.</summary>
    /// <param name="parameters">What it updates; on the CPU.</param>
    /// <param name="spec">Its constants.</param>
    public AdamW(FlatParameters parameters, OptimizerSpec spec)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(spec);
        _parameters = parameters;
        var kept = NamePattern.Of(spec.NoDecay);
        var constants = new AdamConstants(spec.Beta1 ?? 0.9, spec.Beta2, spec.Epsilon, spec.WeightDecay, spec.BiasCorrection);
        _constants = [.. parameters.Trained.Select(slice => kept?.IsMatch(slice.Name) == true ? constants with { WeightDecay = 0.0 } : constants)];

        // Both halves have the layout of the gradients.
        StateSlicesInOrder =
        [
            .. parameters.Trained.Select(slice => slice with { Name = slice.Name + ".m", Offset = slice.Offset - parameters.GradientStart }),
            .. parameters.Trained.Select(slice => slice with { Name = slice.Name + ".v", Offset = slice.Offset - parameters.GradientStart + parameters.GradientLength }),
        ];
        StateLength = 2 * parameters.GradientLength;
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

    /// <inheritdoc/>
    public void Step(float* gradientSum, float gradientScale, double learningRate, long step)
    {
        for (var i = 0; i < _constants.Length; i++)
        {
            var slice = _parameters.Trained[i];
            var place = slice.Offset - _parameters.GradientStart;
            var first = State + place;
            Kernels.AdamStep(
                _parameters.Weights + slice.Offset, gradientSum + place, first, first + _parameters.GradientLength, slice.Count,
                gradientScale, learningRate, step, _constants[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _state.Dispose();
}
