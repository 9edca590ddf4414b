using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Text goes in, a corpus folder comes out; or cleaned text, or one part of the cleaning.</summary>
internal sealed class CorpusBuildJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CorpusBuildRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CorpusBuildRequest>(request);
        asked.Validate();
        if (asked.MergeParts)
        {
            asked = BuildParts.Request(asked.Out) with { Out = asked.Out, Threads = asked.Threads, Overwrite = asked.Overwrite };
        }

        Action<BuildProgress> progress = new ProgressThrottle(events, clock).Report;
        if (asked.Part is { } part)
        {
            var pages = CorpusBuilder.CleanPart(asked, progress, cancellationToken);
            events.Write("part", new { asked.Out, Part = part, asked.Parts, Pages = pages });
        }
        else if (asked.CleanOnly)
        {
            var result = CorpusBuilder.Clean(asked, progress, cancellationToken);
            Begin(events, asked.Out, result.Skipped, result.Report);
            events.Write("cleaned", new { asked.Out, result.Skipped, result.Manifest.Fingerprint, result.Manifest.Pages, Files = result.Manifest.Files.Select(file => file.Name) });
        }
        else
        {
            var result = CorpusBuilder.Build(asked, progress, cancellationToken);
            Begin(events, asked.Out, result.Skipped, result.Report);
            events.Write("finished", new
            {
                asked.Out,
                result.Skipped,
                result.Manifest.Fingerprint,
                result.Manifest.Vocabulary.Pieces,
                Train = CorpusEvents.Split(result.Manifest.Train),
                Validation = CorpusEvents.Split(result.Manifest.Validation),
                result.Baselines.UnigramEntropy,
                result.Baselines.BigramEntropy,
            });
        }

        return 0;
    }

    private static void Begin(JobEvents events, string folder, bool skipped, CorpusReport report)
    {
        if (skipped)
        {
            events.Write("skipped", new { Out = folder });
        }

        events.Write("report", report);
    }
}
