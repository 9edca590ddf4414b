using Orchestrator.Training.Checkpoints;

namespace Orchestrator.Training.Optim;

/// <summary>An optimizer over flat parameters, its statistics named after the weight that they belong to.</summary>
public unsafe interface IOptimizer : IDisposable
{
    /// <summary>The state, fp32.</summary>
    float* State { get; }

    /// <summary>Number of values of the state, gaps included.</summary>
    long StateLength { get; }

    /// <summary>The state as named tensors, for checkpoints.</summary>
    IReadOnlyList<TensorView> StateViews { get; }

    /// <summary>Updates every weight that is trained.</summary>
    /// <param name="gradientSum">Gradients in the layout of the parameters' own. Not modified.</param>
    /// <param name="gradientScale">What they are multiplied by, for example 1 / tokens.</param>
    /// <param name="learningRate">The step's learning rate.</param>
    /// <param name="step">1 for the first.</param>
    void Step(float* gradientSum, float gradientScale, double learningRate, long step);
}
