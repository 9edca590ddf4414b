using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>A norm of rows [R, D], with its weight and bias. Owns them.</summary>
internal interface INorm : IDisposable
{
    /// <summary>The normalised rows and what the backward half needs of them.</summary>
    (Tensor Result_RD, Tensor Statistics) Forward(Tensor x_RD, Pass pass);

    /// <summary>Adds the gradient of x to <paramref name="dx_RD"/>, and those of weight and bias; <paramref name="gradient_RD"/> is used up.</summary>
    void Backward(Tensor gradient_RD, Tensor x_RD, Tensor statistics, Tensor dx_RD, Pass pass);
}
