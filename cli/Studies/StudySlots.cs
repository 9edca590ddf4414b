using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Studies;

/// <summary>How much of a study goes on at once. A process takes one slot; a run as many as it has workers, if the workers are here.</summary>
/// <param name="count">Slots.</param>
/// <param name="workersAreHere">Whether runs take slots; else a coordinator elsewhere places them.</param>
internal sealed class StudySlots(int count, bool workersAreHere)
{
    /// <summary>The stages to begin now: in order, each that fits beside what is at work.</summary>
    public IReadOnlyList<StudyStage> Fill(IEnumerable<StudyStage> ready, IEnumerable<StudyStage> working)
    {
        var free = count - working.Sum(Taken);
        var chosen = new List<StudyStage>();
        foreach (var stage in ready.Where(stage => Taken(stage) <= free || Taken(stage) == 0))
        {
            var taken = Taken(stage);
            if (taken <= free)
            {
                chosen.Add(stage);
                free -= taken;
            }
        }

        return chosen;
    }

    /// <summary>A run's spec with no more workers than there are.</summary>
    public RunSpec Fit(RunSpec spec) => workersAreHere
        ? spec with { Workers = spec.Workers with { Min = Math.Min(spec.Workers.Min, count), Max = Math.Min(spec.Workers.Max, count) } }
        : spec;

    private int Taken(StudyStage stage) => stage.IsRun && !workersAreHere ? 0 : Math.Min(stage.Workers, count);
}
