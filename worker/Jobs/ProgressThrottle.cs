using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Passes progress on at most ten times a second; the first and last word of each stage always.</summary>
internal sealed class ProgressThrottle(JobEvents events, TimeProvider clock)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private string _stage = "";
    private long _last;
    private bool _ended;

    /// <summary>Says how far a stage is.</summary>
    public void Report(BuildProgress progress)
    {
        lock (_lock)
        {
            var ends = progress.Done == progress.Total;
            if (progress.Stage == _stage && ((ends && _ended) || (!ends && clock.GetElapsedTime(_last) < s_interval)))
            {
                return;
            }

            (_stage, _last, _ended) = (progress.Stage, clock.GetTimestamp(), ends);
            events.Progress(progress.Stage, progress.Done, progress.Total, progress.Unit);
        }
    }
}
