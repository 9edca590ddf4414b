using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

public sealed class SimulationTests
{
    private static readonly ClusterOptions Options = new() { GrowAfter = TimeSpan.FromSeconds(3), FruitlessGenerations = 1000 };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_dies_every_step_is_committed_once_in_order_and_the_runs_succeed(int block)
    {
        for (var seed = block * 30; seed < (block + 1) * 30; seed++)
        {
            Simulate(seed);
        }
    }

    private static void Simulate(int seed)
    {
        var cluster = new SimulatedCluster(seed, Options);
        cluster.Submit("a", min: 1, max: 1 + cluster.Random(4), steps: 60);
        cluster.Submit("b", min: 2, max: 2 + cluster.Random(2), steps: 40);
        for (var worker = 0; worker < 4; worker++)
        {
            cluster.AddWorker();
        }

        for (var tick = 0; tick < 400; tick++)
        {
            cluster.Step();
            switch (cluster.Random(120))
            {
                case 0 or 1:
                    cluster.KillSomeone();
                    cluster.AddWorker();
                    break;
                case 2 or 3:
                    cluster.CutSomeone();
                    break;
                case 4:
                    cluster.RestartCoordinator();
                    break;
                case 5:
                    cluster.Happen(new PauseAsked(cluster.Random(2) == 0 ? "a" : "b"));
                    break;
                case 6 or 7:
                    cluster.Happen(new ResumeAsked(cluster.Random(2) == 0 ? "a" : "b"));
                    break;
            }
        }

        for (var tick = 0; tick < 3000 && !cluster.Cluster.Runs.Values.All(run => run.Phase.IsEnded()); tick++)
        {
            cluster.Happen(new ResumeAsked("a"));
            cluster.Happen(new ResumeAsked("b"));
            cluster.Step();
        }

        Assert.All(cluster.Cluster.Runs.Values, run => Assert.True(
            run.Phase == RunPhase.Succeeded,
            $"seed {seed}: {run.Phase} {run.Reason}; {string.Join('\n', cluster.Phases.TakeLast(10))}"));
        Assert.Equal(Enumerable.Range(1, 60).Select(step => (long)step), cluster.Committed("a"));
        Assert.Equal(Enumerable.Range(1, 40).Select(step => (long)step), cluster.Committed("b"));
    }
}
