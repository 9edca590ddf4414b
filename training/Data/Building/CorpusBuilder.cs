using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data.Building;

/// <summary>What a build left.</summary>
/// <param name="Skipped">Whether this very corpus was there already.</param>
/// <param name="Manifest">The corpus's manifest.</param>
/// <param name="Report">What the cleaning did.</param>
/// <param name="Baselines">What counting alone achieves.</param>
public sealed record CorpusBuildResult(bool Skipped, CorpusManifest Manifest, CorpusReport Report, NgramBaselines Baselines);

/// <summary>What a cleaning without tokens left.</summary>
/// <param name="Skipped">Whether this very text was there already.</param>
/// <param name="Manifest">What lies there.</param>
/// <param name="Report">What the cleaning did.</param>
public sealed record CleanResult(bool Skipped, CleanManifest Manifest, CorpusReport Report);

/// <summary>Builds a corpus: text -> cleaned, free of duplicates -> tokens -> shards with a manifest.</summary>
/// <remarks>
/// Work happens in OUT/.building and moves out at the end, the manifest last; a killed build leaves no corpus and is taken up again.
/// The bytes of a corpus depend on its inputs and options alone, not on threads, memory, or the number of parts they were cleaned in.
/// </remarks>
public sealed class CorpusBuilder
{
    private const long CleanFileBytes = 256L << 20;

    private readonly CorpusBuildRequest _request;
    private readonly Action<BuildProgress> _progress;
    private readonly CancellationToken _cancellation;
    private readonly CleaningOptions _cleaning;
    private readonly BuildFolder _folder;
    private readonly IReadOnlyList<InputFile> _files;
    private readonly Tokenizer? _givenTokenizer;

    private CorpusBuilder(CorpusBuildRequest request, Action<BuildProgress> progress, CancellationToken cancellation)
    {
        request.Validate();
        _request = request;
        _progress = progress;
        _cancellation = cancellation;
        _cleaning = new CleaningOptions
        {
            SkippedRules = CleaningRules.Parse(request.NearDuplicates ? request.SkipRules : [.. request.SkipRules, CleaningRules.Name(CleaningRule.NearDuplicate)]),
            BlockedWords = CleaningOptions.ReadBlockList(request.BlockList),
            EnglishShare = request.EnglishShare,
            Examples = request.Examples,
            Threads = request.Threads ?? Environment.ProcessorCount,
            MemoryBytes = (long)request.MemoryMegabytes << 20,
            Strict = request.Strict,
        };
        _folder = new BuildFolder(request.Out);
        _files = InputFiles.Find(request.Inputs, request.Out);
        _givenTokenizer = request.Vocabulary is null || request.CleanOnly ? null : Tokenizer.Load(request.Vocabulary);
    }

    /// <summary>Builds the corpus that a request asks for, unless it is there already.</summary>
    /// <exception cref="BadInputException">The request cannot be met as it is.</exception>
    public static CorpusBuildResult Build(CorpusBuildRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        return new CorpusBuilder(request, progress, cancellationToken).Build();
    }

    /// <summary>Writes the cleaned text that a request asks for, unless it is there already.</summary>
    /// <exception cref="BadInputException">The request cannot be met as it is.</exception>
    public static CleanResult Clean(CorpusBuildRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        return new CorpusBuilder(request, progress, cancellationToken).Clean();
    }

    /// <summary>Cleans one part of a request's inputs, for <see cref="BuildParts.Request"/> to join later.</summary>
    /// <returns>How many pages it read.</returns>
    /// <exception cref="BadInputException">The request cannot be met as it is.</exception>
    public static long CleanPart(CorpusBuildRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        return new CorpusBuilder(request, progress, cancellationToken).CleanPart();
    }

    private CorpusBuildResult Build()
    {
        using var tokenizer = _givenTokenizer;
        var request = RequestDigest();
        if (File.Exists(Path.Combine(_request.Out, CorpusManifest.FileName)) && Existing(request) is { } existing)
        {
            return existing;
        }

        RequireRoom();
        using (_folder.Lock(".lock"))
        {
            _folder.TakeUp(request);
            using var text = CleanText();
            var result = Make(text);
            _cancellation.ThrowIfCancellationRequested();
            _folder.Publish(result.Manifest.Files.Select(file => file.Name), CorpusManifest.FileName, result.Manifest.ToBytes(), request);
            return result;
        }
    }

    private CleanResult Clean()
    {
        var request = RequestDigest();
        if (_folder.Request == request && CleanManifest.Find(_request.Out) is { } existing && CorpusReport.Load(_request.Out) is { } known)
        {
            return new CleanResult(true, existing, known);
        }

        RequireRoom();
        using (_folder.Lock(".lock"))
        {
            _folder.TakeUp(request);
            using var text = CleanText();
            var split = Split(text);
            using (var train = new CleanTextWriter(_folder.Results, "c4-train", CleanFileBytes))
            using (var validation = new CleanTextWriter(_folder.Results, "c4-validation", CleanFileBytes))
            {
                foreach (var page in text.Pages())
                {
                    _cancellation.ThrowIfCancellationRequested();
                    (split.IsHeldOut(page.Key) ? validation : train).Add(page);
                }
            }

            var report = CorpusReport.Of(text, _cleaning);
            BuildFolder.WriteAll(Path.Combine(_folder.Results, CorpusReport.FileName), report.ToBytes());
            var manifest = new CleanManifest(Digest(new { Options = Options(), text.InputDigests }), text.Counts.PagesKept, _folder.Entries(_cancellation));
            _folder.Publish(manifest.Files.Select(file => file.Name), CleanManifest.FileName, manifest.ToBytes(), request);
            return new CleanResult(false, manifest, report);
        }
    }

    private long CleanPart()
    {
        using var tokenizer = _givenTokenizer;
        var part = _request.Part ?? throw new ArgumentException("The request names no part.");
        RequireRoom();
        using (_folder.Lock($".lock-{part}-of-{_request.Parts}"))
        {
            _folder.Join(RequestDigest());
            BuildParts.Remember(_folder, _request);
            return BuildParts.Clean(_files, part, _request.Parts, new PartCleaner(_cleaning, _folder.Work, _progress), _cancellation);
        }
    }

    private CleanedText CleanText() => _request.MergeParts
        ? BuildParts.Join(_files, _request.Parts, _folder.Work, _cleaning, _progress, _cancellation)
        : CleanedText.Make(_files, _folder.Work, _cleaning, _progress, _cancellation);

    private ValidationSplit Split(CleanedText text)
    {
        if (text.Counts.PagesKept < 2)
        {
            throw new BadInputException(
                $"input: {text.Counts.PagesKept} of {text.Counts.PagesIn} pages are left after cleaning and a corpus needs two{MainReason(CorpusReport.Of(text, _cleaning))}; name more text.");
        }

        return ValidationSplit.Of(text.Pages().Select(page => page.Key), text.Counts.PagesKept, _request.ValidationOneIn);
    }

    private CorpusBuildResult Make(CleanedText text)
    {
        var split = Split(text);
        var output = _folder.Results;
        using var tokenizer = Vocabulary(text, split, output);
        var (train, validation) = Tokenise(text, split, tokenizer, output);
        var baselines = Baselines(output, train, validation, tokenizer);
        var report = CorpusReport.Of(text, _cleaning).Tokenised(train.Tokens + validation.Tokens);
        BuildFolder.WriteAll(Path.Combine(output, CorpusReport.FileName), report.ToBytes());
        BuildFolder.WriteAll(Path.Combine(output, CorpusManifest.BaselinesFileName), JsonSerializer.SerializeToUtf8Bytes(baselines, s_json));
        var manifest = new CorpusManifest
        {
            Fingerprint = Digest(new { Options = Options(), text.InputDigests }),
            Vocabulary = new VocabularyEntry(tokenizer.Digest, tokenizer.PieceCount),
            Train = train,
            Validation = validation,
            Files = _folder.Entries(_cancellation),
        };
        return new CorpusBuildResult(false, manifest, report, baselines);
    }

    private Tokenizer Vocabulary(CleanedText text, ValidationSplit split, string output)
    {
        Tokenizer tokenizer;
        if (_givenTokenizer is not null)
        {
            tokenizer = Tokenizer.Load(_givenTokenizer.Model.ToArray(), _request.Vocabulary!);
        }
        else
        {
            _progress(new BuildProgress("vocabulary", 0, 1, "vocabularies"));
            var lines = text.Pages().Where(page => !split.IsHeldOut(page.Key)).SelectMany(page => page.Lines);
            var model = VocabularyTrainer.Train(
                TextSample.Draw(lines, text.Counts.LinesKept, text.Counts.BytesKept, _request.Training, _cancellation), _request.Training);
            _progress(new BuildProgress("vocabulary", 1, 1, "vocabularies"));
            tokenizer = Tokenizer.Load(model);
        }

        BuildFolder.WriteAll(Path.Combine(output, CorpusManifest.VocabularyFileName), tokenizer.Model.Span);
        return tokenizer;
    }

    private (SplitEntry Train, SplitEntry Validation) Tokenise(CleanedText text, ValidationSplit split, Tokenizer tokenizer, string output)
    {
        using var train = new ShardSet(output, "train", tokenizer.VocabularySize, _request.ShardTokens);
        using var validation = new ShardSet(output, "validation", tokenizer.VocabularySize, _request.ShardTokens);
        var pages = OrderedWork.Map(
            text.Pages(),
            _cleaning.Threads,
            page =>
            {
                var joined = string.Join('\n', page.Lines);
                return (page.Key, Tokens: tokenizer.Encode(joined), Bytes: Encoding.UTF8.GetByteCount(joined));
            },
            _cancellation);
        var done = 0L;
        foreach (var (key, tokens, bytes) in pages)
        {
            (split.IsHeldOut(key) ? validation : train).Add(tokens, bytes);
            if (++done % 64 == 0)
            {
                _progress(new BuildProgress("tokenise", done, text.Counts.PagesKept, "pages"));
            }
        }

        _progress(new BuildProgress("tokenise", done, text.Counts.PagesKept, "pages"));
        return (train.Complete(), validation.Complete());
    }

    private NgramBaselines Baselines(string output, SplitEntry train, SplitEntry validation, Tokenizer tokenizer)
    {
        _progress(new BuildProgress("baselines", 0, 1, "entropies"));
        using var trainStream = new TokenStream(train.Shards.Select(name => new ShardReader(Path.Combine(output, name))));
        // What a model is measured on, see TrainingData.
        using var validationStream = new TokenStream((validation.Tokens > 0 ? validation : train).Shards.Select(name => new ShardReader(Path.Combine(output, name))));
        var baselines = NgramBaselines.Measure(trainStream, validationStream, tokenizer.PieceCount, cancellationToken: _cancellation);
        _progress(new BuildProgress("baselines", 1, 1, "entropies"));
        return baselines;
    }

    private CorpusBuildResult? Existing(string request)
    {
        if (_folder.Request != request)
        {
            return null;
        }

        try
        {
            using var corpus = Corpus.Open(_request.Out);
            return CorpusReport.Load(_request.Out) is { } report ? new CorpusBuildResult(true, corpus.Manifest, report, corpus.Baselines) : null;
        }
        catch (BadInputException)
        {
            // Damaged since: it is built again where that is asked for.
            return null;
        }
    }

    private void RequireRoom()
    {
        var isTaken = File.Exists(Path.Combine(_request.Out, CorpusManifest.FileName)) || File.Exists(Path.Combine(_request.Out, CleanManifest.FileName));
        if (isTaken && !_request.Overwrite)
        {
            throw new BadInputException(
                $"out: '{_request.Out}' holds a corpus built from other inputs or options; name another folder with --out, or replace it with --overwrite.");
        }
    }

    private static string MainReason(CorpusReport report)
    {
        var most = report.Rows.Where(row => row.Dropped > 0).MaxBy(row => row.Dropped);
        var first = most?.Rule == CleaningRules.Name(CleaningRule.Damaged) && report.Damages.Count > 0 ? $"; the first is {report.Damages[0]}" : "";
        return most is null ? "" : $" (most of all, {most.Dropped} {most.Unit} were dropped: {most.Why}{first})";
    }

    /// <summary>What the bytes depend on beside the inputs.</summary>
    private object Options() => new
    {
        Version = 2,
        _request.CleanOnly,
        Vocabulary = _givenTokenizer?.Digest,
        Training = _givenTokenizer is null && !_request.CleanOnly ? _request.Training : null,
        _request.ValidationOneIn,
        Skipped = _cleaning.SkippedRules.Select(CleaningRules.Name),
        EnglishShare = _cleaning.Applies(CleaningRule.Language) ? _cleaning.EnglishShare : (double?)null,
        Blocked = Digest(_cleaning.BlockedWords),
        _request.ShardTokens,
    };

    private string RequestDigest() => Digest(new
    {
        Options = Options(),
        _request.Examples,
        _request.Parts,
        Files = _files.Select(file => new { Path = Path.GetFullPath(file.Path), file.Key, file.Bytes, file.ModifiedTicks }),
    });

    private static string Digest(object value) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, s_json)));

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };
}
