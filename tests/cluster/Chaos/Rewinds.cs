using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.Protos.V1;

namespace Orchestrator.Tests.Cluster.Chaos;

/// <summary>Where a run's generations began, held against what was there to begin from.</summary>
internal static partial class Rewinds
{
    /// <summary>
    /// Each generation that began before the newest checkpoint; and each that began more than the step in flight behind, though a rank of the last one that
    /// trained was not lost. Excused are ranks that may not have come back yet after a restart of the coordinator, or that were asked to exit.
    /// </summary>
    /// <param name="events">What was told of the run, in order.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<RunEvent> events)
    {
        var faults = new List<string>();
        var (committed, saved, excused) = (0L, 0L, false);
        var (assigned, holders) = (new HashSet<string>(), new HashSet<string>());
        foreach (var told in events)
        {
            switch (told.EventCase)
            {
                case RunEvent.EventOneofCase.Step:
                    committed = told.Step.Step;
                    break;
                case RunEvent.EventOneofCase.Checkpoint:
                    saved = Math.Max(saved, told.Checkpoint.Step);
                    break;
                case RunEvent.EventOneofCase.Worker when told.Worker.What == "assigned":
                    assigned.Add(told.Worker.Worker.WorkerId);
                    break;
                case RunEvent.EventOneofCase.Worker when told.Worker.What.StartsWith("lost: ", StringComparison.Ordinal):
                    holders.Remove(told.Worker.Worker.WorkerId);
                    assigned.Remove(told.Worker.Worker.WorkerId);
                    break;
                case RunEvent.EventOneofCase.State when told.State.State == RunState.Running && Begin().Match(told.State.Reason) is { Success: true } begin:
                    var from = long.Parse(begin.Groups[1].Value, CultureInfo.InvariantCulture);
                    if (from < saved)
                    {
                        faults.Add($"generation {told.State.Generation} began from step {from} ({begin.Groups[2].Value}), before the checkpoint of step {saved}");
                    }

                    if (from < committed - 1 && holders.Count > 0 && !excused)
                    {
                        faults.Add($"generation {told.State.Generation} began from step {from} ({begin.Groups[2].Value}), {committed - from} steps back, though {string.Join(" and ", holders)} held step {committed}");
                    }

                    (holders, assigned, excused) = (assigned, [], false);
                    break;
                case RunEvent.EventOneofCase.State:
                    // A generation's ranks are named after its begin.
                    assigned.Clear();
                    excused |= told.State.Reason.Contains("the coordinator was restarted", StringComparison.Ordinal)
                        || told.State.Reason.Contains("asked to stop", StringComparison.Ordinal);
                    break;
            }
        }

        return faults;
    }

    [GeneratedRegex(@"from step (\d+) \((\w+)\)")]
    private static partial Regex Begin();
}
