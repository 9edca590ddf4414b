using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Training.Model;

/// <summary>Cross-entropy with z-loss and smoothed labels, both implementations, against T5X's formula (losses.py) in double.</summary>
public sealed class CrossEntropyTests
{
    private static readonly long[] s_targets = [3, 0, 36, 7, 7];
    private const int Vocabulary = 37;

    public static TheoryData<string, double, double> Cases { get; } = new()
    {
        { "native", 0.0, 0.0 },
        { "native", 1e-2, 0.0 },
        { "native", 0.0, 0.1 },
        { "native", 1e-3, 0.3 },
        { "tensor", 1e-2, 0.0 },
        { "tensor", 0.0, 0.1 },
        { "tensor", 1e-3, 0.3 },
    };

    [Theory]
    [InlineData(LossNormalisation.Tokens, 7.0)]
    [InlineData(LossNormalisation.Sum, 1.0)]
    [InlineData(LossNormalisation.TargetSize, 12.0)]
    public void A_summed_loss_is_divided_by_what_the_spec_says(LossNormalisation normalisation, double divisor) =>
        Assert.Equal(divisor, T5Loss.Divisor(new LossSpec { Normalisation = normalisation }, tokens: 7, targetSize: 12));

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_loss_is_that_of_the_formula_and_the_gradient_its_finite_differences(string kind, double zWeight, double smoothing)
    {
        using var scope = NewDisposeScope();
        var operations = kind == "native" ? (Operations)NativeOperations.Instance : TensorOperations.Instance;
        var options = new LossOptions(zWeight, smoothing);
        // The first target counts though it is 0 only where 0 is not padding: the kernels are given counted targets alone.
        var targets = kind == "native" ? s_targets.Select(t => Math.Max(1, t)).ToArray() : s_targets;
        var values = Logits();
        var logits = TensorMemory.Of(values, [targets.Length, Vocabulary], CPU);
        var nll = new float[targets.Length];

        var sums = operations.CrossEntropy(logits, targets, options, gradient: true, nll);

        var doubles = values.Select(v => (double)v).ToArray();
        Assert.Equal(Loss(doubles, targets, options), sums.Total, 1e-5);
        Assert.Equal(Loss(doubles, targets, default), sums.NegativeLogLikelihood, 1e-5);
        Assert.Equal(sums.NegativeLogLikelihood, nll.Sum(), 1e-4);
        var gradient = TensorMemory.Values<float>(logits).ToArray();
        for (var i = 0; i < doubles.Length; i++)
        {
            const double Step = 1e-5;
            var here = doubles[i];
            doubles[i] = here + Step;
            var above = Loss(doubles, targets, options);
            doubles[i] = here - Step;
            var below = Loss(doubles, targets, options);
            doubles[i] = here;
            Assert.Equal((above - below) / (2 * Step), gradient[i], 2e-6);
        }
    }

    [Theory]
    [InlineData("native")]
    [InlineData("tensor")]
    public void A_model_that_gives_exactly_the_smoothed_label_has_no_loss_and_no_gradient(string kind)
    {
        using var scope = NewDisposeScope();
        var operations = kind == "native" ? (Operations)NativeOperations.Instance : TensorOperations.Instance;
        var row = Enumerable.Range(0, Vocabulary).Select(v => (float)Math.Log(v == 5 ? 0.9 : 0.1 / (Vocabulary - 1))).ToArray();
        var logits = TensorMemory.Of(row, [1, Vocabulary], CPU);

        var sums = operations.CrossEntropy(logits, [5], new LossOptions(0.0, 0.1), gradient: true, []);

        Assert.Equal(0.0, sums.Total, 1e-6);
        Assert.All(TensorMemory.Values<float>(logits).ToArray(), value => Assert.Equal(0f, value, 1e-6f));
    }

    // losses.py of T5X: -sum(soft x log_softmax) - the label's entropy + z log^2 Z.
    private static double Loss(double[] logits, long[] targets, LossOptions options)
    {
        var low = options.LabelSmoothing / (Vocabulary - 1);
        var high = 1.0 - options.LabelSmoothing;
        var constant = options.LabelSmoothing == 0.0 ? 0.0 : -((high * Math.Log(high)) + ((Vocabulary - 1) * low * Math.Log(low + 1e-20)));
        var total = 0.0;
        for (var n = 0; n < targets.Length; n++)
        {
            var row = logits.AsSpan(n * Vocabulary, Vocabulary).ToArray();
            var top = row.Max();
            var logZ = top + Math.Log(row.Sum(x => Math.Exp(x - top)));
            var loss = row.Select((x, v) => -(v == targets[n] ? high : low) * (x - logZ)).Sum();
            total += loss - constant + (options.ZWeight * logZ * logZ);
        }

        return total;
    }

    private static float[] Logits()
    {
        var random = new CounterRandom(4, "logits");
        return [.. Enumerable.Range(0, s_targets.Length * Vocabulary).Select(i => (float)(3.0 * random.Normal((ulong)i)))];
    }
}
