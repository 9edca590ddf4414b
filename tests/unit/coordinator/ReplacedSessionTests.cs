using System.Threading.Channels;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Orchestrator.Tests.Coordinator.Simulation;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

/// <summary>A worker that connects again speaks in its newest session alone.</summary>
public sealed class ReplacedSessionTests
{
    private readonly Agenda _agenda = new(seed: 0, traced: false);

    [Fact]
    public void What_comes_over_a_session_that_another_replaced_is_dropped()
    {
        var state = new ControlState(
            new SimulatedDatabase(_agenda, Flaws.None), new RendezvousRooms(), new RunFeeds(), _ => new SimulatedFolder(_agenda), _agenda, new ClusterOptions());
        var first = Connect(state);
        Assert.True(state.Hear("w1", first, Does("training")));
        var second = Connect(state);

        Assert.True(state.Hear("w1", first, Does("saving")));
        Assert.Equal("training", state.Cluster.Workers["w1"].Activity);

        Assert.True(state.Hear("w1", second, Does("drained")));
        Assert.Equal("drained", state.Cluster.Workers["w1"].Activity);
    }

    private static long Connect(ControlState state) =>
        state.Connect(new Hello { WorkerId = "w1", Version = "1", Host = "host", Device = "cpu" }, Channel.CreateUnbounded<CoordinatorMessage>().Writer);

    private static WorkerMessage Does(string what) => new() { Activity = new Activity { State = what } };
}
