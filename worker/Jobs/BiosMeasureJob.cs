using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Knowledge.Bios;

namespace Orchestrator.Worker.Jobs;

/// <summary>Measures what models know of a population and what of it they can tell.</summary>
internal sealed class BiosMeasureJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => BiosMeasureRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<BiosMeasureRequest>(request);
        asked.Validate();
        var facts = BioFacts.Read(asked.Bios);
        var people = BioReader.People(asked.Bios);
        BioPerson[] Group(bool trained) => [.. people.Where(person => person.Trained == trained).Take(asked.Limit ?? int.MaxValue)];
        var (trained, heldOut) = (Group(trained: true), Group(trained: false));
        var begin = clock.GetTimestamp();
        var progress = new ProgressThrottle(events, clock);
        var (memory, capacity) = asked.Pretrained is { } pretrained ? Memory(pretrained) : default;
        var extraction = asked.Finetuned is { } finetuned ? Extraction(finetuned) : null;
        var measures = JsonSerializer.SerializeToNode(new BioMeasures(memory, extraction, BioMajority.Of(people), capacity), JobEvents.Json)!.AsObject();
        measures["seconds"] = clock.GetElapsedTime(begin).TotalSeconds;
        events.Write("finished", measures);
        return 0;

        (BioMemory, BioCapacity?) Memory(string checkpoint)
        {
            using var loaded = LoadedModel.Open(checkpoint);
            var measure = new BioMemoryMeasure(loaded.Model, loaded.Tokenizer, asked.Batch);
            var asksAbout = trained.Concat(heldOut).Select(person => person.Index).ToHashSet();
            var biographies = BioReader.Biographies(asked.Bios, people).Where(biography => asksAbout.Contains(biography.Person.Index));
            var known = measure.Run(biographies, done => progress.Report(new BuildProgress("memory", done, null, "biographies")), cancellationToken);
            return (known, measure.Capacity(facts));
        }

        BioExtraction Extraction(string checkpoint)
        {
            using var loaded = LoadedModel.Open(checkpoint);
            var measure = new BioExtractionMeasure(loaded.Model, loaded.Tokenizer, asked.Batch);
            var (done, total) = (0L, (long)(trained.Length + heldOut.Length) * BioAttributes.All.Count);
            void Report(long more) => progress.Report(new BuildProgress("extraction", done += more, total, "questions"));
            return BioExtraction.Of(measure.Run(heldOut, Report, cancellationToken), measure.Run(trained, Report, cancellationToken));
        }
    }
}
