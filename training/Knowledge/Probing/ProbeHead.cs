using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using static TorchSharp.torch;

namespace Orchestrator.Training.Knowledge.Probing;

// Letters: R = rows, D = width, C = classes.

/// <summary>One linear probe: a norm and a linear layer that read hidden values at one position and tell a class. Owns its parts.</summary>
internal sealed class ProbeHead : IDisposable
{
    private const double LayerNormEpsilon = 1e-5;

    private readonly INorm _norm;
    private readonly Linear _linear;

    /// <summary>A probe over weights of its own among <paramref name="parameters"/>.</summary>
    public ProbeHead(FlatParameters parameters, ProbeTask task, int position, BioProbeKind kind)
    {
        var name = NameOf(task, position);
        _norm = kind == BioProbeKind.Position
            ? new Norm(parameters, LayerNormEpsilon, name + NormWeight, name + NormBias)
            : new BatchNorm(parameters, name + NormWeight, name + NormBias);
        _linear = new Linear(new Weight(parameters, name + LinearWeight), new Weight(parameters, name + LinearBias));
        Task = task;
    }

    private const string NormWeight = ".norm.weight", NormBias = ".norm.bias", LinearWeight = ".linear.weight", LinearBias = ".linear.bias";

    /// <summary>What it tells.</summary>
    public ProbeTask Task { get; }

    /// <summary>Names and shapes of a probe's weights.</summary>
    public static IEnumerable<ParameterShape> WeightsOf(ProbeTask task, int position, int width)
    {
        var name = NameOf(task, position);
        return
        [
            new(name + NormWeight, [width]), new(name + NormBias, [width]), new(name + LinearWeight, [task.Classes, width]), new(name + LinearBias, [task.Classes]),
        ];
    }

    /// <summary>Sets probes' weights to their initial values, those of PyTorch: norms 1, the linear layer uniform within ±1/sqrt(D).</summary>
    public static void Initialise(FlatParameters parameters, long seed, int width)
    {
        var limit = 1.0 / Math.Sqrt(width);
        foreach (var slice in parameters.Slices)
        {
            var values = parameters.WeightSpan(slice.Name);
            if (!slice.Name.EndsWith(LinearWeight, StringComparison.Ordinal) && !slice.Name.EndsWith(LinearBias, StringComparison.Ordinal))
            {
                values.Fill(slice.Name.EndsWith(NormWeight, StringComparison.Ordinal) ? 1f : 0f);
                continue;
            }

            var random = new CounterRandom(seed, slice.Name);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(limit * ((2.0 * random.Uniform((ulong)i)) - 1.0));
            }
        }
    }

    /// <summary>Adds the gradients of the summed cross-entropy: of the weights, and of x to <paramref name="dx_RD"/>.</summary>
    /// <returns>The sum, nats.</returns>
    public double LossBackward(Tensor x_RD, ReadOnlySpan<long> labels_R, Tensor dx_RD, Pass pass)
    {
        var (normed, statistics) = _norm.Forward(x_RD, pass);
        using var keep = normed;
        using var keepToo = statistics;
        using var logits = _linear.Apply(normed, pass);
        var sums = pass.Operations.CrossEntropy(logits, labels_R, default, gradient: true, []);
        using var dnormed = _linear.Backward(logits, normed, pass);
        _norm.Backward(dnormed, x_RD, statistics, dx_RD, pass);
        return sums.Total;
    }

    /// <summary>How many rows' classes it tells rightly.</summary>
    public int Right(Tensor x_RD, ReadOnlySpan<long> labels_R, Pass pass)
    {
        var (normed, statistics) = _norm.Forward(x_RD, pass);
        using var keep = normed;
        using var keepToo = statistics;
        using var logits = _linear.Apply(normed, pass);
        using var told = logits.argmax(1);
        var right = 0;
        var classes = TensorMemory.Values<long>(told);
        for (var row = 0; row < classes.Length; row++)
        {
            right += classes[row] == labels_R[row] ? 1 : 0;
        }

        return right;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _norm.Dispose();
        _linear.Dispose();
    }

    private static string NameOf(ProbeTask task, int position) => $"position{position}.{task.Attribute.Name()}.{(task.Whole ? "whole" : "first")}";
}
