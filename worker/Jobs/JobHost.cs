using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Worker.Hosting;

namespace Orchestrator.Worker.Jobs;

/// <summary>Runs one job: reads its request, one line of JSON, from standard input and turns outcomes into exit codes.</summary>
internal static class JobHost
{
    /// <summary>The jobs there are.</summary>
    private static readonly IJob[] s_jobs =
    [
        new CorpusBuildJob(TimeProvider.System),
        new CorpusEditJob(TimeProvider.System),
        new CorpusSpansJob(TimeProvider.System),
        new VocabTrainJob(TimeProvider.System),
        new CorpusInspectJob(TimeProvider.System),
        new CorpusAuditJob(TimeProvider.System),
        new AnswerJob(TimeProvider.System),
        new EvaluateJob(TimeProvider.System),
        new CheckpointListJob(),
        new CheckpointVerifyJob(TimeProvider.System),
        new CheckpointImportJob(TimeProvider.System),
        new CheckpointExportJob(TimeProvider.System),
        new CheckpointDiffJob(),
        new CheckpointMergeJob(TimeProvider.System),
        new DoctorJob(),
        new ReplayJob(TimeProvider.System),
        new BiosProbeJob(TimeProvider.System),
        new BiosMeasureJob(TimeProvider.System),
        new RunCheckJob(),
        new BiosRewriteJob(TimeProvider.System, firstPause: TimeSpan.FromSeconds(1)),
    ];

    /// <summary>Runs the job of that name.</summary>
    /// <returns>0 done, 1 failed, 2 bad input, 130 interrupted.</returns>
    public static int Run(string name, TextReader input, JobEvents events, CancellationToken cancellationToken)
    {
        try
        {
            var job = Array.Find(s_jobs, j => j.Name == name)
                ?? throw new BadInputException($"There is no job named '{name}'; the jobs are: {string.Join(", ", s_jobs.Select(j => j.Name))}.");
            using var request = ReadRequest(input);
            ParentWatch.ExitWithParent(input);
            return job.Run(request.RootElement, events, cancellationToken);
        }
        catch (BadInputException error)
        {
            events.Write("error", new { error.Message });
            return ExitCodes.BadInput;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            events.Write("error", new { Message = "Interrupted." });
            return ExitCodes.Interrupted;
        }
        catch (Exception error)
        {
            // The edge of the process: whatever it was, the caller gets a sentence and the details go to the log.
            events.Write("error", new { error.Message });
            Console.Error.WriteLine(error);
            return ExitCodes.Failed;
        }
    }

    private static JsonDocument ReadRequest(TextReader input)
    {
        try
        {
            return JsonDocument.Parse(input.ReadLine() ?? "{}");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The request on standard input is not JSON: {error.Message}", error);
        }
    }
}
