using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>Every operator against numpy and its gradient against central differences, on contiguous inputs and on others.</summary>
public sealed class OperatorTableTests
{
    private const double Step = 1e-5;

    public static TheoryData<string> Names => [.. OperatorTable.Cases.Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_result_is_that_of_numpy(string name) => EachVariant(name, (entry, inputs, variant) =>
    {
        var expected = Numpy.Of(entry, variant);
        Same(expected, entry.Run(inputs));
        Same(expected, entry.Run(Array.ConvertAll(inputs, Inputs.Strided)));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_is_the_slope(string name) => EachVariant(name, (entry, inputs, variant) =>
    {
        var isLeaf = Inputs.Leaves(entry.Variants.Split('|')[variant]);
        var slopes = new Lazy<double[][]>(() => [.. inputs.Select((input, i) => isLeaf[i] ? Slopes(entry, inputs, input) : [])]);
        foreach (var arranged in new[] { inputs, Array.ConvertAll(inputs, Inputs.Strided) })
        {
            Tensor[] leaves = [.. arranged.Select((input, i) => isLeaf[i] ? input.detach().requires_grad_() : input)];
            var outputs = entry.Run(leaves).Where(output => output.requires_grad).ToArray();
            Assert.True((entry.Gradient == Gradient.None) == (outputs.Length == 0), $"{name}: results that need a gradient: {outputs.Length}");
            if (outputs.Length == 0)
            {
                return;
            }

            var reached = leaves.Where(leaf => leaf.requires_grad).ToArray();
            IList<Tensor> gradients;
            try
            {
                gradients = autograd.grad([Weighted(outputs)], reached, allow_unused: true);
            }
            catch (ExternalException missing) when (entry.Gradient == Gradient.MayBeMissing && missing.Message.Contains("not implemented", StringComparison.Ordinal))
            {
                return;
            }

            for (var i = 0; i < leaves.Length; i++)
            {
                if (Array.IndexOf(reached, leaves[i]) is >= 0 and var place)
                {
                    // A gradient that is not there stands for zeros.
                    var found = gradients[place] is { IsInvalid: false } there ? there.clone().reshape(-1).data<double>().ToArray() : new double[leaves[i].numel()];
                    Near(slopes.Value[i], found, 2e-6, $"{name}, variant {variant}, input {i}");
                }
            }
        }
    });

    private static void EachVariant(string name, Action<OperatorCase, Tensor[], int> check)
    {
        var entry = OperatorTable.Cases.Single(entry => entry.Name == name);
        foreach (var (variant, line) in entry.Variants.Split('|').Index())
        {
            using var scope = NewDisposeScope();
            check(entry, Inputs.Of(line), variant);
        }
    }

    // What the weighted sum of the results does as each element of one input moves.
    private static double[] Slopes(OperatorCase entry, Tensor[] inputs, Tensor input)
    {
        var flat = input.contiguous().view(-1);
        var slopes = new double[flat.numel()];
        for (var i = 0; i < slopes.Length; i++)
        {
            slopes[i] = (Moved(i, Step) - Moved(i, -Step)) / (2 * Step);
        }

        return slopes;

        double Moved(int place, double by)
        {
            using var scope = NewDisposeScope();
            var moved = flat.clone();
            moved[place] = moved[place] + by;
            var given = Array.ConvertAll(inputs, other => ReferenceEquals(other, input) ? moved.view(input.shape) : other);
            return Weighted(entry.Run(given).Where(is_floating_point)).item<double>();
        }
    }

    // Weights, so that every element of a result counts differently.
    private static Tensor Weighted(IEnumerable<Tensor> results) =>
        results.Select(result => result.reshape(-1).mul(arange(result.numel(), dtype: float64).mul(0.37).add(0.2).cos()).sum()).Aggregate((sum, next) => sum + next);

    private static void Same(NumpyResult[] expected, Tensor[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        foreach (var (wanted, result) in expected.Zip(found))
        {
            Assert.Equal(wanted.Shape, result.shape);
            Near(wanted.Values, result.reshape(-1).to(float64).data<double>().ToArray(), 1e-9, "the result");
        }
    }

    private static void Near(double[] expected, double[] found, double tolerance, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var same = expected[i].Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.True(same, $"{what}[{i}]: {found[i]:R} instead of {expected[i]:R}");
        }
    }
}
