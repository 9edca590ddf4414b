using Orchestrator.Coordinator.Storage;

namespace Orchestrator.Coordinator.Scheduling;

/// <summary>One turn of the loop: does what is asked, stores all that follows in one commit, and only then says it. Knows no thread, no host and no clock.</summary>
internal sealed class Desk(ControlState state, IStoreSession session)
{
    /// <summary>What the leader knows.</summary>
    public ControlState State => state;

    /// <summary>Does a batch.</summary>
    /// <remarks>
    /// A batch that changes nothing asks the store as well: an answer or a plan of a leader that was deposed meanwhile must not go out.
    /// </remarks>
    /// <exception cref="LeadershipLostException">Another leads: nothing was stored or said.</exception>
    public void Turn(IReadOnlyList<Work> batch)
    {
        foreach (var work in batch)
        {
            work.Do(state);
        }

        session.Commit(state.TakeWrites());
        Failpoint.Pass("publish");
        state.Publish();
        Failpoint.Pass("published");
        foreach (var work in batch)
        {
            work.Done();
        }
    }
}
