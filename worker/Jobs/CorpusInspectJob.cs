using System.Text.Json;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Worker.Jobs;

/// <summary>Shows what a corpus holds, and whether it is whole.</summary>
internal sealed class CorpusInspectJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => CorpusInspectRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CorpusInspectRequest>(request);
        asked.Validate();
        if (asked.Verify)
        {
            var faults = CorpusVerifier.Verify(asked.Corpus, new ProgressThrottle(events, clock).Report, cancellationToken);
            foreach (var fault in faults)
            {
                events.Write("damaged", new { fault.File, fault.Fault });
            }

            if (faults.Count > 0)
            {
                events.Write("error", new
                {
                    Message = $"The corpus '{asked.Corpus}' is damaged: {faults[0].File}: {faults[0].Fault}{(faults.Count > 1 ? $", and {faults.Count - 1} more" : "")}; build it again.",
                });
                return 1;
            }
        }

        using var corpus = Corpus.Open(asked.Corpus);
        var report = CorpusReport.Load(asked.Corpus);
        events.Write("corpus", new
        {
            asked.Corpus,
            corpus.Manifest.Fingerprint,
            corpus.Manifest.Vocabulary.Pieces,
            Train = CorpusEvents.Split(corpus.Manifest.Train),
            Validation = CorpusEvents.Split(corpus.Manifest.Validation),
            corpus.Baselines.UnigramEntropy,
            corpus.Baselines.BigramEntropy,
            report?.Rows,
        });
        if (asked.Verify)
        {
            var files = CorpusVerifier.Files(asked.Corpus);
            events.Write("verified", new { Files = files.Count, Bytes = files.Sum(file => file.Entry.Bytes) });
        }

        Show(corpus, asked, events);
        events.Write("finished");
        return 0;
    }

    private static void Show(Corpus corpus, CorpusInspectRequest asked, JobEvents events)
    {
        var stream = asked.Validation ? corpus.Validation : corpus.Train;
        var order = new SampleOrder(asked.Seed, Math.Max(1, stream.DocumentCount));
        for (var i = 0; i < Math.Min(asked.Documents, stream.DocumentCount); i++)
        {
            var number = order.At(0, i);
            var tokens = stream.Document(number);
            var text = corpus.Tokenizer.Decode(tokens);
            events.Write("document", new
            {
                Split = asked.Validation ? "validation" : "train",
                Number = number,
                Tokens = tokens.Length,
                Text = asked.MaxCharacters > 0 && text.Length > asked.MaxCharacters ? text[..asked.MaxCharacters] + "…" : text,
            });
        }
    }
}
