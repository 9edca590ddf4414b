using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Runs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Data.Tracing;

namespace Orchestrator.Worker.Jobs;

/// <summary>Holds a run's corpus against its manifest, and tells at which steps passages and documents were seen.</summary>
internal sealed class CorpusAuditJob(TimeProvider clock) : IJob
{
    private const int MaxPlaces = 100_000;

    /// <inheritdoc/>
    public string Name => CorpusAuditRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<CorpusAuditRequest>(request);
        asked.Validate();
        var spec = SpecReader.Read(asked.Spec, "spec").Spec ?? throw new BadInputException("spec: it cannot be read; name the run's spec.");
        if (spec.Data.Tasks.Count > 0)
        {
            throw new BadInputException("data.tasks: the run trained on tasks, not on a corpus; its examples cannot be looked for.");
        }

        var progress = new ProgressThrottle(events, clock);
        using var data = TrainingData.Open(spec);
        if (asked.Verify)
        {
            Verify(data, asked, events, progress, cancellationToken);
        }

        if (asked.Which.Count + asked.Documents.Count > 0)
        {
            Trace(data, spec, asked, events, progress, cancellationToken);
        }

        return 0;
    }

    private static void Verify(TrainingData data, CorpusAuditRequest asked, JobEvents events, ProgressThrottle progress, CancellationToken cancellationToken)
    {
        var folder = data.Corpus!.Folder;
        var faults = CorpusVerifier.Verify(folder, progress.Report, cancellationToken);
        foreach (var fault in faults)
        {
            var stretches = Stretches(data.Corpus, fault);
            var first = PassageTrace.Find(data, LedgerReader.Read(asked.Ledger), stretches).Select(seen => (long?)seen.When.Step).FirstOrDefault();
            // An index that was changed too tells nothing about documents.
            var documents = fault.Blocks.Count > 0 && stretches.Count > 0 && faults.All(other => other.File != Path.ChangeExtension(fault.File, ".idx"))
                ? (First: data.Corpus.Train.DocumentAt(stretches[0].First), Last: data.Corpus.Train.DocumentAt(stretches[0].End - 1))
                : ((long First, long Last)?)null;
            var block = fault.Blocks.Count > 0 ? fault.Blocks[0] : (ByteRange?)null;
            events.Write("damaged", new
            {
                fault.File,
                fault.Fault,
                FirstStep = first,
                FirstByte = block?.First,
                LastByte = block?.Last,
                FirstDocument = documents?.First,
                LastDocument = documents?.Last,
            });
        }

        if (faults.Count == 0)
        {
            var files = CorpusVerifier.Files(folder);
            events.Write("verified", new { Files = files.Count, Bytes = files.Sum(file => file.Entry.Bytes) });
        }
    }

    /// <summary>The training tokens that a fault can have reached: those of the changed blocks, or of the whole shard where they are not known.</summary>
    private static List<TokenRange> Stretches(Corpus corpus, CorpusFault fault)
    {
        var path = Path.GetFullPath(fault.File, corpus.Folder);
        var shard = corpus.TrainShards.ToList().FindIndex(name => path == name + ".bin");
        if (shard < 0)
        {
            return [];
        }

        return fault.Blocks.Count == 0
            ? [corpus.Train.ShardPlace(shard)]
            : [.. fault.Blocks.Select(block => corpus.Train.TokensIn(shard, block)).Where(tokens => tokens.Count > 0)];
    }

    private static void Trace(TrainingData data, RunSpec spec, CorpusAuditRequest asked, JobEvents events, ProgressThrottle progress, CancellationToken cancellationToken)
    {
        var stretches = Places(data.Corpus!, asked, events, progress, cancellationToken);
        var (count, first, last) = (0L, (long?)null, (long?)null);
        foreach (var (place, when, share) in PassageTrace.Find(data, LedgerReader.Read(asked.Ledger), stretches))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (microbatch, row) = Math.DivRem(when.Offset, spec.Batch.Microbatch);
            events.Write("seen", new { Place = place, when.Step, when.Epoch, share.Sample, Microbatch = microbatch, Row = row, share.Tokens });
            (count, first, last) = (count + 1, first ?? when.Step, when.Step);
        }

        events.Write("finished", new { Places = stretches.Count, Seen = count, FirstStep = first, LastStep = last });
    }

    // The passages of documents that hold all that must stand beside them.
    private static IEnumerable<PassagePlace> Counting(IEnumerable<PassagePlace> found, CorpusAuditRequest asked)
    {
        if (asked.With.Count == 0)
        {
            return found;
        }

        return Documents();

        IEnumerable<PassagePlace> Documents()
        {
            var document = new List<PassagePlace>();
            foreach (var place in found)
            {
                if (document.Count > 0 && document[0].Document != place.Document)
                {
                    foreach (var counting in Of(document))
                    {
                        yield return counting;
                    }

                    document.Clear();
                }

                document.Add(place);
            }

            foreach (var counting in Of(document))
            {
                yield return counting;
            }
        }

        IEnumerable<PassagePlace> Of(List<PassagePlace> document) =>
            document.Select(place => place.Passage).Where(passage => passage >= asked.Which.Count).Distinct().Count() == asked.With.Count
                ? [.. document.Where(place => place.Passage < asked.Which.Count)]
                : [];
    }

    /// <summary>Finds what is asked for and tells where it stands.</summary>
    /// <returns>The stretches of training tokens.</returns>
    private static List<TokenRange> Places(Corpus corpus, CorpusAuditRequest asked, JobEvents events, ProgressThrottle progress, CancellationToken cancellationToken)
    {
        var stretches = new List<TokenRange>();
        foreach (var number in asked.Documents)
        {
            if (number >= corpus.Train.DocumentCount)
            {
                throw new BadInputException($"--document: it was {number} and the corpus has {corpus.Train.DocumentCount} documents to train on, numbered from 0; name one of them.");
            }

            Add("train", which: null, number, corpus.Train.DocumentPlace(number));
        }

        if (asked.Which.Count == 0)
        {
            return stretches;
        }

        var search = new PassageSearch(corpus.Tokenizer, [.. asked.Which, .. asked.With], asked.WholeWords);
        var total = corpus.Train.DocumentCount + corpus.Validation.DocumentCount;
        foreach (var found in Counting(search.In(corpus.Train, done => progress.Report(new BuildProgress("search", done, total, "documents")), cancellationToken), asked))
        {
            Add("train", asked.Which[found.Passage], found.Document, found.Tokens);
        }

        foreach (var found in Counting(search.In(corpus.Validation, progress: null, cancellationToken), asked))
        {
            events.Write("place", new { Which = asked.Which[found.Passage], Split = "validation", found.Document, Tokens = found.Tokens.Count });
        }

        return stretches;

        void Add(string split, string? which, long document, TokenRange tokens)
        {
            if (stretches.Count == MaxPlaces)
            {
                throw new BadInputException($"--which: the text stands in more than {MaxPlaces} places; name more of it.");
            }

            events.Write("place", new { Place = stretches.Count, Which = which, Split = split, Document = document, Tokens = tokens.Count });
            stretches.Add(tokens);
        }
    }
}
