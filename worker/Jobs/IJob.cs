using System.Text.Json;

namespace Orchestrator.Worker.Jobs;

/// <summary>Work done in one process of its own at the command line's request: building a corpus, answering a question.</summary>
/// <remarks>The request is a record of <c>Orchestrator.Core.Jobs</c>, as snake_case JSON.</remarks>
internal interface IJob
{
    /// <summary>The job's name on the command line.</summary>
    string Name { get; }

    /// <summary>Does the work.</summary>
    /// <returns>The exit code: 0 done, 1 failed.</returns>
    /// <exception cref="Core.BadInputException">The request cannot be met as it is.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken);
}
