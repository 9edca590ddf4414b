using System.Globalization;
using System.Text;
using System.Text.Json;
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
    private const int DocumentsBetweenMarks = 4096;

    /// <summary>Writes the folder <see cref="CorpusSpansRequest.Out"/>, which must not exist or be empty: a file of each half of the corpus.</summary>
    /// <remarks>Stopped or killed, it goes on behind the last mark when it is called again, and ends with the same bytes.</remarks>
    /// <param name="request">What is asked for.</param>
    /// <param name="progress">Called with how far it is.</param>
    /// <param name="cancellationToken">Stops between documents.</param>
    /// <exception cref="Core.BadInputException">There is no such corpus, or the folder cannot be made.</exception>
    public static IReadOnlyList<SalientSplit> Write(CorpusSpansRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        using var corpus = Corpus.Open(request.Corpus);
        var sentences = new SalientSentences(corpus.Tokenizer, request.LongestSpan, request.LongestSentence);
        var work = string.Create(CultureInfo.InvariantCulture, $"spans 1 {corpus.Manifest.Fingerprint} {request.LongestSpan} {request.LongestSentence}");
        return NewFolder.Make(
            request.Out,
            folder =>
            {
                var splits = new[] { ("train", corpus.Train), ("validation", corpus.Validation) }
                    .Select(half => Write(Path.Combine(folder, half.Item1 + ".jsonl"), half.Item1, half.Item2, sentences, progress, cancellationToken)).ToList();
                splits.ForEach(split => File.Delete(Mark.PathOf(Path.Combine(folder, split.Name + ".jsonl"))));
                return splits;
            },
            work);
    }

    private static SalientSplit Write(
        string path, string name, TokenStream stream, SalientSentences sentences, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        using var bytes = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write);
        var (done, length, split) = Mark.Read(path) ?? new Mark(0, 0, new SalientSplit(name, 0, 0, 0, 0));
        bytes.SetLength(length);
        bytes.Seek(0, SeekOrigin.End);
        using var file = new StreamWriter(bytes);
        foreach (var found in OrderedWork.Map(Numbers(done, stream.DocumentCount), Environment.ProcessorCount, number => sentences.Of(stream.Document(number)), cancellationToken))
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
            if (++done % DocumentsBetweenMarks == 0 || done == stream.DocumentCount)
            {
                file.Flush();
                bytes.Flush(flushToDisk: true);
                new Mark(done, bytes.Length, split).Write(path);
            }

            progress(new BuildProgress($"{name} spans", done, stream.DocumentCount, "documents"));
        }

        return split;
    }

    private static IEnumerable<long> Numbers(long first, long end)
    {
        for (var number = first; number < end; number++)
        {
            yield return number;
        }
    }

    /// <summary>How far a file is that is being written.</summary>
    private sealed record Mark(long Documents, long Bytes, SalientSplit Split)
    {
        public static string PathOf(string file) => file + ".mark";

        public static Mark? Read(string file) => File.Exists(PathOf(file)) ? JsonSerializer.Deserialize<Mark>(File.ReadAllText(PathOf(file))) : null;

        // It takes the place of the mark before it in one step.
        public void Write(string file)
        {
            BuildFolder.WriteAll(PathOf(file) + ".part", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this)));
            File.Move(PathOf(file) + ".part", PathOf(file), overwrite: true);
        }
    }
}
