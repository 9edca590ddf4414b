using Orchestrator.Core.Specs;
using Orchestrator.Training.Native;
using Xunit;

namespace Orchestrator.Tests.Training.Native;

public sealed unsafe class AdafactorTests
{
    [Fact]
    public void A_gradient_scale_is_as_good_as_a_scaled_gradient()
    {
        using var weights = Floats.Random(150 * 130, 1);
        using var scaledWeights = new Floats(weights.Span);
        using var gradient = Floats.Random(150 * 130, 2);
        using var scaledGradient = new Floats(gradient.Span);
        Kernels.Scale(scaledGradient, 150 * 130, 0.25f);
        foreach (var layout in new[] { new AdafactorLayout(1, 150, 130, Factored: true), new AdafactorLayout(1, 1, 150 * 130, Factored: false) })
        {
            using var state = new Floats((int)layout.StateCount);
            using var scaledState = new Floats((int)layout.StateCount);
            Kernels.AdafactorStep(weights, gradient, state, layout, 0.25f, 0.01, 0, new AdafactorConstants());
            Kernels.AdafactorStep(scaledWeights, scaledGradient, scaledState, layout, 1, 0.01, 0, new AdafactorConstants());
            Assert.True(state.Span.SequenceEqual(scaledState.Span));
            for (var i = 0; i < weights.Span.Length; i++)
            {
                Assert.Equal(scaledWeights.Span[i], weights.Span[i], 1e-6f);
            }
        }
    }

    [Theory]
    [InlineData(AdafactorRules.T5x, new long[] { 128, 200 }, true)]
    [InlineData(AdafactorRules.T5x, new long[] { 127, 200 }, false)]
    [InlineData(AdafactorRules.Mesh, new long[] { 128, 128 }, true)]
    [InlineData(AdafactorRules.HuggingFace, new long[] { 3, 5 }, true)]
    [InlineData(AdafactorRules.HuggingFace, new long[] { 5 }, false)]
    [InlineData(AdafactorRules.T5x, new long[] { }, false)]
    public void A_rule_decides_what_is_factored(AdafactorRules rules, long[] shape, bool factored)
    {
        var layout = AdafactorLayout.For(shape, rules);
        Assert.Equal(factored, layout.Factored);
        Assert.Equal(shape.Aggregate(1L, (a, b) => a * b), layout.Count);
        Assert.Equal(factored ? shape.Sum() : layout.Count, layout.StateCount);
    }
}
