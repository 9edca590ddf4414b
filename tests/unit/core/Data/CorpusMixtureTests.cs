using Orchestrator.Core.Data;
using Xunit;

namespace Orchestrator.Tests.Core.Data;

public sealed class CorpusMixtureTests
{
    [Theory]
    [InlineData(new long[] { 100, 100 }, new double[] { 1, 1 }, new long[] { 100, 100 })]
    [InlineData(new long[] { 300, 100 }, new double[] { 3, 1 }, new long[] { 300, 100 })]
    [InlineData(new long[] { 100, 100 }, new double[] { 3, 1 }, new long[] { 300, 100 })]
    [InlineData(new long[] { 1_000_000, 10 }, new double[] { 0.999, 0.001 }, new long[] { 1_000_000, 1001 })]
    [InlineData(new long[] { 7 }, new double[] { 5 }, new long[] { 7 })]
    [InlineData(new long[] { 7, 0 }, new double[] { 1, 1 }, new long[] { 0, 0 })]
    public void An_epoch_shows_every_corpus_at_least_once_at_its_weight(long[] samples, double[] weights, long[] quotas) =>
        Assert.Equal(quotas, CorpusMixture.Quotas(samples, weights));
}
