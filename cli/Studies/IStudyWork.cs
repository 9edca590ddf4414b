using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Studies;

/// <summary>What the stages of one kind of study do.</summary>
internal interface IStudyWork
{
    /// <summary>Does a stage that is no run.</summary>
    /// <param name="stage">The stage; those that it takes from have ended.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="Jobs.JobFailedException">Its process failed.</exception>
    Task RunAsync(StudyStage stage, CancellationToken cancellationToken);

    /// <summary>The spec of a stage that is a run.</summary>
    /// <param name="stage">The stage; those that it takes from have ended.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    Task<RunSpec> SpecAsync(StudyStage stage, CancellationToken cancellationToken);

    /// <summary>The result of a cell.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="stages">Its stages, all of which have ended.</param>
    IStudyResult Result(StudyCell cell, IReadOnlyList<StudyStage> stages);
}
