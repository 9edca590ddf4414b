using Orchestrator.Core.Plans;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Scheduling;

/// <content>How fast the ranks are, what a run's time goes to, and how it got over a loss.</content>
internal sealed partial class ControlState
{
    /// <summary>A rank did a step in so much compute time.</summary>
    public void Pace(string workerId, StepDone done)
    {
        if (done.Step.Times is null || !_cluster.Runs.TryGetValue(done.RunId, out var run) || run.Generation != done.Generation || run.RankOf(workerId) is not (>= 0 and var rank))
        {
            return;
        }

        var entry = _runs[run.Id];
        var slots = SlotTree.Share(entry.Facts.Microbatches, run.Members.Length)[rank].Count;
        foreach (var changed in entry.Paces.Observe(run.Id, run.Generation, run.Members.Length, workerId, done.Step.Times.Compute / Math.Max(1, slots)))
        {
            Happen(changed);
        }
    }

    private void Tell(Recovered recovered)
    {
        var told = new RecoveryEvent
        {
            Generation = recovered.Generation,
            WorldSize = _cluster.Runs[recovered.RunId].Members.Length,
            Cause = recovered.Breakage.Cause,
            WorkerId = recovered.Breakage.WorkerId ?? "",
            RecoverySeconds = recovered.Recovery.TotalSeconds,
            RepeatedSteps = recovered.RepeatedSteps,
            Source = recovered.Source,
        };
        if (recovered.Breakage.LastSign is { } sign)
        {
            told.DetectionSeconds = Math.Max(0, (recovered.Breakage.Found - sign).TotalSeconds);
        }

        Tell(recovered.RunId, new RunEvent { Recovery = told });
    }
}
