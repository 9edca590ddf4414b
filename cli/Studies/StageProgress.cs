using Orchestrator.Core.Knowledge.Studies;

namespace Orchestrator.Cli.Studies;

/// <summary>What a stage is about.</summary>
internal enum StageState
{
    /// <summary>It has not begun.</summary>
    Waiting,

    /// <summary>It is a run that waits for a worker.</summary>
    Queued,

    /// <summary>It is at work.</summary>
    Running,

    /// <summary>It has ended well.</summary>
    Done,

    /// <summary>It has ended badly.</summary>
    Failed,
}

/// <summary>How far a stage is.</summary>
/// <param name="State">What it is about.</param>
/// <param name="Done">Steps, or what its job counts.</param>
/// <param name="Total">How many there are; 0: not known.</param>
/// <param name="Loss">A run's smoothed training loss.</param>
/// <param name="Left">Time to its end.</param>
internal sealed record StageProgress(StageState State, long Done = 0, long Total = 0, double? Loss = null, TimeSpan? Left = null);

/// <summary>Told what happens to a study. Every call may come from any thread.</summary>
internal interface IStudyDisplay : IAsyncDisposable
{
    /// <summary>A stage is somewhere else.</summary>
    void Show(StudyStage stage, StageProgress progress);

    /// <summary>A cell has its result.</summary>
    void Show(StudyCell cell, IStudyResult result);

    /// <summary>Something happened around the study.</summary>
    void Note(string text);
}
