using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data.Building;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>What was written of one half of a corpus.</summary>
/// <param name="Name">The half, <c>train</c> or <c>validation</c>; the file is NAME.jsonl.</param>
/// <param name="Sentences">Sentences with spans, a line each.</param>
/// <param name="Spans">Their spans.</param>
/// <param name="Plain">Sentences without.</param>
/// <param name="TooLong">Sentences left out for their length.</param>
public sealed record SalientSplit(string Name, long Sentences, long Spans, long Plain, long TooLong);

/// <summary>Writes a corpus's sentences with their salient spans.</summary>
public static class SalientSpanFile
{
    /// <summary>Writes the folder <see cref="CorpusSpansRequest.Out"/>, which must not exist or be empty: a file of each half of the corpus.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="progress">Called with how far it is.</param>
    /// <param name="cancellationToken">Stops between documents; nothing stays.</param>
    /// <exception cref="Core.BadInputException">There is no such corpus, or the folder cannot be made.</exception>
    public static IReadOnlyList<SalientSplit> Write(CorpusSpansRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        using var corpus = Corpus.Open(request.Corpus);
        var sentences = new SalientSentences(corpus.Tokenizer, request.LongestSpan, request.LongestSentence);
        return NewFolder.Make(request.Out, folder => new[] { ("train", corpus.Train), ("validation", corpus.Validation) }
            .Select(half => Write(Path.Combine(folder, half.Item1 + ".jsonl"), half.Item1, half.Item2, sentences, progress, cancellationToken)).ToList());
    }

    private static SalientSplit Write(
        string path, string name, TokenStream stream, SalientSentences sentences, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var split = new SalientSplit(name, 0, 0, 0, 0);
        var done = 0L;
        using var file = new StreamWriter(path);
        foreach (var found in OrderedWork.Map(Numbers(stream.DocumentCount), Environment.ProcessorCount, number => sentences.Of(stream.Document(number)), cancellationToken))
        {
            foreach (var sentence in found.Salient)
            {
                file.Write($"{sentence}\n");
            }

            split = split with
            {
                Sentences = split.Sentences + found.Salient.Count,
                Spans = split.Spans + found.Salient.Sum(sentence => sentence.Spans.Start.Count),
                Plain = split.Plain + found.Plain,
                TooLong = split.TooLong + found.TooLong,
            };
            progress(new BuildProgress($"{name} spans", ++done, stream.DocumentCount, "documents"));
        }

        return split;
    }

    private static IEnumerable<long> Numbers(long count)
    {
        for (var number = 0L; number < count; number++)
        {
            yield return number;
        }
    }
}
