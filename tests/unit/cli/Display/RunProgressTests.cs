using Orchestrator.Cli.Display;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Cli.Display;

public sealed class RunProgressTests
{
    private static readonly Run s_run = new() { RunId = "r1", Name = "tiny", TotalSteps = 10, State = RunState.Running };

    [Fact]
    public void Remaining_time_is_the_steps_left_at_the_present_pace()
    {
        var progress = RunProgress.Of(s_run).After(Step(1, seconds: 2)).After(Step(2, seconds: 2));

        Assert.Equal(TimeSpan.FromSeconds(16), progress.Remaining);
    }

    [Fact]
    public void One_slow_step_moves_the_pace_by_a_tenth()
    {
        var progress = RunProgress.Of(s_run).After(Step(1, seconds: 1)).After(Step(2, seconds: 11));

        Assert.Equal(2.0, progress.SecondsPerStep, precision: 9);
    }

    [Fact]
    public void A_worker_keeps_its_newest_state()
    {
        var progress = RunProgress.Of(s_run)
            .After(new RunEvent { Worker = new WorkerEvent { Worker = new WorkerStatus { WorkerId = "w0", State = "joining" } } })
            .After(new RunEvent { Worker = new WorkerEvent { Worker = new WorkerStatus { WorkerId = "w0", State = "training" } } });

        Assert.Equal("training", Assert.Single(progress.Workers).Value.State);
    }

    [Fact]
    public void Only_the_last_four_warnings_are_kept()
    {
        var progress = Enumerable.Range(0, 6).Aggregate(RunProgress.Of(s_run), (p, i) => p.After(new RunEvent { Warning = new WarningEvent { Text = $"{i}" } }));

        Assert.Equal(["2", "3", "4", "5"], progress.Warnings);
    }

    [Theory]
    [InlineData(RunState.Succeeded, true)]
    [InlineData(RunState.Failed, true)]
    [InlineData(RunState.Cancelled, true)]
    [InlineData(RunState.Paused, false)]
    [InlineData(RunState.Recovering, false)]
    public void A_run_has_ended_when_it_cannot_go_on_by_itself(RunState state, bool ended)
    {
        var progress = RunProgress.Of(s_run).After(new RunEvent { State = new StateEvent { State = state } });

        Assert.Equal(ended, progress.HasEnded);
    }

    private static RunEvent Step(long step, double seconds) => new() { Sequence = step, Step = new StepEvent { Step = step, StepSeconds = seconds, Loss = 3, TokensPerSecond = 100 } };
}
