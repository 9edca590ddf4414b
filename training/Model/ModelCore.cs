using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>What models of every family have: shapes, weights, and how they are computed with. Owns the weights.</summary>
/// <param name="shape">The shapes.</param>
/// <param name="weights">Names and shapes of the weights.</param>
/// <param name="device">Where they live; null: the CPU.</param>
/// <param name="precision">Number format of matrix products.</param>
/// <param name="operations">Everything beside matrix products; null: the fastest of the device.</param>
/// <param name="adaptation">What of the weights is trained; null: all.</param>
internal sealed class ModelCore(
    ResolvedModel shape, IReadOnlyList<ParameterShape> weights, Device? device, Precision precision, Operations? operations, Adaptation? adaptation) : IDisposable
{
    private readonly Operations _operations = operations ?? Operations.For(device ?? CPU);

    /// <summary>The weights and their gradients.</summary>
    public FlatParameters Parameters { get; } = new(weights, device, precision, adaptation);

    /// <summary>Where they live.</summary>
    public Device Device => Parameters.Device;

    /// <summary>The operations in use.</summary>
    public Operations Operations => _operations;

    /// <summary>A pass through the model with the weights as they are now.</summary>
    public Pass NewPass(int rows, bool training = false, long dropoutSeed = 0, Action<Tensor>? watch = null, Operations? operations = null)
    {
        Parameters.RefreshCompute();
        return new Pass(operations ?? _operations, Device, precision, rows, training, shape.Dropout, dropoutSeed)
        {
            Watch = watch ?? (static _ => { }),
            DropsWholeRows = shape.Family == ModelFamily.T5,
        };
    }

    /// <summary>A pass in which a row's results depend on that row alone, with the weights as they were for the last pass.</summary>
    public Pass RowWisePass(int rows) =>
        new(_operations.RowWise, Device, precision, rows, training: false, dropout: 0.0, dropoutSeed: 0) { Watch = static _ => { } };

    /// <summary>Makes the weights parameters of a module: views that do not require gradients of TorchSharp.</summary>
    public void Register(nn.Module module)
    {
        foreach (var slice in Parameters.Slices)
        {
            var parameter = new Parameter(Parameters.WeightView(slice.Name), requires_grad: false);
            if (Parameters.IsTrained(slice.Name))
            {
                parameter.grad = Parameters.GradientView(slice.Name);
            }

            module.register_parameter(slice.Name, parameter);
        }
    }

    /// <summary>Sets every weight to its initial value.</summary>
    public unsafe void Initialise(long seed)
    {
        foreach (var slice in Parameters.Slices)
        {
            if (Device.type == DeviceType.CPU)
            {
                WeightInitializer.Fill(shape, slice.Name, slice.Shape, seed, Parameters.Weights + slice.Offset);
                continue;
            }

            using var values = empty(slice.Shape, ScalarType.Float32);
            WeightInitializer.Fill(shape, slice.Name, slice.Shape, seed, TensorMemory.Start<float>(values));
            using var view = Parameters.WeightView(slice.Name);
            view.copy_(values);
        }
    }

    /// <summary>Checks that sequences are not longer than the model can tell positions apart.</summary>
    /// <param name="length">Tokens of a row.</param>
    /// <exception cref="BadInputException">They are.</exception>
    public void RequireLength(int length)
    {
        if (shape.MaxLength > 0 && length > shape.MaxLength)
        {
            throw new BadInputException(
                $"A sequence has {length} tokens and the model takes {shape.MaxLength} (model.max_length); use shorter sequences or a model made for longer ones.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();
}
