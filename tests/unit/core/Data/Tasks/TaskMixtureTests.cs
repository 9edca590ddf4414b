using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Data.Tasks;

public sealed class TaskMixtureTests
{
    [Theory]
    [InlineData(5L)]
    [InlineData(1L, 1L)]
    [InlineData(3L, 7L, 90L)]
    [InlineData(0L, 4L, 0L, 1L)]
    [InlineData(1000L, 1L, 13L, 250L, 2L, 61L)]
    public void An_epoch_holds_each_tasks_quota_and_its_draws_come_in_order_over_the_ends_of_epochs(params long[] quotas)
    {
        var mixture = new TaskMixture(quotas);
        var next = new long[quotas.Length];
        for (var epoch = 0L; epoch < 3; epoch++)
        {
            for (var index = 0L; index < mixture.Count; index++)
            {
                var draw = mixture.At(epoch, index);

                Assert.Equal(next[draw.Task]++, draw.Draw);
            }

            Assert.Equal(quotas.Select(quota => (epoch + 1) * quota), next);
        }
    }

    [Fact]
    public void Any_stretch_of_the_order_holds_each_tasks_share()
    {
        long[] quotas = [8551, 67349, 3668, 363849, 5749, 392702, 104743];
        var mixture = new TaskMixture(quotas);
        var counts = new long[quotas.Length];
        for (var index = 0L; index < 100_000; index++)
        {
            counts[mixture.At(0, index).Task]++;
            // Three halvings, each right to within one draw.
            Assert.All(counts.Index(), count => Assert.InRange(count.Item - ((index + 1.0) * quotas[count.Index] / mixture.Count), -3.0, 3.0));
        }
    }

    [Fact]
    public void Places_beyond_what_a_product_of_two_longs_holds_are_reached_too()
    {
        var mixture = new TaskMixture([3_000_000_000_000, 1_000_000_000_000]);

        Assert.Equal(new TaskDraw(0, 2), mixture.At(0, 3));
        Assert.Equal(new TaskDraw(1, 3_999_999_999_999), mixture.At(3, 3_999_999_999_996));
        Assert.Equal(new TaskDraw(0, 11_999_999_999_999), mixture.At(3, 3_999_999_999_999));
    }

    [Fact]
    public void Rates_are_numbers_of_examples_limited_and_tempered_as_the_paper_has_them()
    {
        TaskSpec[] tasks = [new(), new() { Limit = 100 }, new() { Scale = 0.5 }, new() { Rate = 250 }];
        long[] examples = [1000, 1000, 90, 1];

        Assert.Equal([400.0, 100.0, 45.0, 250.0], TaskMixture.Rates(new MixtureSpec { Limit = 400 }, tasks, examples));
        Assert.Equal([20.0, 10.0, Math.Sqrt(45.0), Math.Sqrt(250.0)], TaskMixture.Rates(new MixtureSpec { Limit = 400, Temperature = 2 }, tasks, examples));
        Assert.Equal([1.0, 1.0, 1.0, 1.0], TaskMixture.Rates(new MixtureSpec { Kind = MixtureKind.Equal, Limit = 400 }, tasks, examples));
    }

    [Fact]
    public void Rates_that_are_the_numbers_of_examples_give_each_task_exactly_those()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var counts = Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.NextInt64(1, 1L << random.Next(1, 40))).ToArray();

            Assert.Equal(counts, TaskMixture.Divide([.. counts.Select(count => (double)count)], counts.Sum()));
        }
    }

    [Fact]
    public void A_division_is_whole_complete_near_the_rates_and_leaves_no_task_out()
    {
        var random = new Random(5);
        for (var round = 0; round < 500; round++)
        {
            var rates = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Math.Exp(random.NextDouble() * 20)).ToArray();
            var draws = random.NextInt64(rates.Length, 1_000_000);
            var quotas = TaskMixture.Divide(rates, draws);

            Assert.Equal(draws, quotas.Sum());
            Assert.All(quotas, quota => Assert.True(quota >= 1));
            Assert.All(quotas.Index(), quota => Assert.InRange(quota.Item, Math.Floor((rates[quota.Index] / rates.Sum() * draws) - rates.Length), Math.Ceiling((rates[quota.Index] / rates.Sum() * draws) + 1)));
        }
    }
}
