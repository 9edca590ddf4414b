using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Reads every byte of one checkpoint, or of each in a folder, and compares every digest.</summary>
internal sealed class CheckpointVerifyJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CheckpointVerifyRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CheckpointVerifyRequest>(request);
        asked.Validate();
        var faults = new List<CheckpointFault>();
        var entries = Find(asked.Folder, faults);
        var progress = new ProgressThrottle(events, clock);
        var (before, total) = (0L, entries.Sum(entry => entry.Manifest.Bytes));
        foreach (var fault in faults)
        {
            events.Write("damaged", fault);
        }

        foreach (var entry in entries)
        {
            var start = before;
            var found = CheckpointCatalog.Verify(entry, done => progress.Report(new BuildProgress("verify", start + done, total, "bytes")), cancellationToken);
            before += entry.Manifest.Bytes;
            faults.AddRange(found);
            foreach (var fault in found)
            {
                events.Write("damaged", fault);
            }

            if (found.Count == 0)
            {
                events.Write("verified", new
                {
                    Path = entry.Folder,
                    entry.Manifest.Step,
                    Files = entry.Manifest.Files.Count,
                    entry.Manifest.Bytes,
                    entry.Manifest.WeightsDigest,
                });
            }
        }

        if (faults.Count > 0)
        {
            events.Write("error", new { Message = $"{faults[0].File} is damaged ({faults[0].Fault}){(faults.Count > 1 ? $", and {faults.Count - 1} more" : "")}; use a checkpoint that is whole." });
            return 1;
        }

        events.Write("finished");
        return 0;
    }

    private static IReadOnlyList<CheckpointEntry> Find(string folder, List<CheckpointFault> faults)
    {
        IReadOnlyList<CheckpointEntry> entries = [];
        var manifest = Path.Combine(folder, CheckpointManifest.FileName);
        // A step's folder is one even where its manifest is gone.
        if (CheckpointNames.Step(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))) is not null && Directory.Exists(folder) || File.Exists(manifest))
        {
            try
            {
                entries = [new CheckpointEntry(folder, CheckpointCatalog.ReadManifest(folder))];
            }
            catch (Exception error) when (error is IOException or InvalidDataException)
            {
                faults.Add(new CheckpointFault(manifest, error.Message));
            }
        }
        else
        {
            entries = CheckpointCatalog.List(CheckpointCatalog.Root(folder), faults);
        }

        return entries.Count + faults.Count > 0
            ? entries
            : throw new BadInputException($"folder: there is no checkpoint in '{folder}'; name a checkpoint's folder or a run's.");
    }
}
