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

/// <summary>Builds a corpus: text -> cleaned, free of duplicates -> tokens -> shards with a manifest.</summary>
/// <remarks>
/// Work happens in OUT/.building and moves out at the end, the manifest last; a killed build leaves no corpus and is taken up again.
/// The bytes of a corpus depend on its inputs and options alone.
/// </remarks>
public sealed class CorpusBuilder
{
    private const string WorkName = ".building";
    private const string StateName = "build.json";

    private readonly CorpusBuildRequest _request;
    private readonly Action<BuildProgress> _progress;
    private readonly CancellationToken _cancellation;
    private readonly IReadOnlySet<CleaningRule> _skippedRules;
    private readonly IReadOnlyCollection<string> _blockedWords;
    private readonly int _threads;
    private readonly Tokenizer? _givenTokenizer;
    private readonly IReadOnlyList<InputFile> _files;

    private CorpusBuilder(CorpusBuildRequest request, Action<BuildProgress> progress, CancellationToken cancellation)
    {
        request.Validate();
        _request = request;
        _progress = progress;
        _cancellation = cancellation;
        _skippedRules = CleaningRules.Parse(request.SkipRules);
        _blockedWords = CleaningOptions.ReadBlockList(request.BlockList);
        _threads = request.Threads ?? Environment.ProcessorCount;
        _files = InputFiles.Find(request.Inputs);
        _givenTokenizer = request.Vocabulary is null ? null : Tokenizer.Load(request.Vocabulary);
    }

    /// <summary>Builds what a request asks for, unless it is there already.</summary>
    /// <exception cref="BadInputException">The request cannot be met as it is.</exception>
    public static CorpusBuildResult Build(CorpusBuildRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        return new CorpusBuilder(request, progress, cancellationToken).Run();
    }

    private CorpusBuildResult Run()
    {
        using var tokenizer = _givenTokenizer;
        var request = RequestDigest();
        if (File.Exists(Path.Combine(_request.Out, CorpusManifest.FileName)))
        {
            if (Existing(request) is { } existing)
            {
                return existing;
            }

            if (!_request.Overwrite)
            {
                throw new BadInputException(
                    $"out: '{_request.Out}' holds a corpus built from other inputs or options; name another folder with --out, or replace it with --overwrite.");
            }
        }

        var work = Path.Combine(_request.Out, WorkName);
        Directory.CreateDirectory(work);
        using (Lock(Path.Combine(_request.Out, ".lock")))
        {
            TakeUp(work, request);
            var result = Make(work);
            Publish(work, result, request);
            return result;
        }
    }

    private CorpusBuildResult Make(string work)
    {
        var options = new CleaningOptions(_skippedRules, _blockedWords, _threads, (long)_request.MemoryMegabytes << 20, _request.Strict);
        var text = CleanedText.Make(_files, work, options, _progress, _cancellation);
        var report = CorpusReport.Of(text.Counts, _skippedRules, _blockedWords.Count > 0, text.Damages);
        if (text.Counts.PagesKept < 2)
        {
            throw new BadInputException(
                $"input: {text.Counts.PagesKept} of {text.Counts.PagesIn} pages are left after cleaning and a corpus needs two{MainReason(report)}; name more text.");
        }

        var split = ValidationSplit.Of(text.Pages().Select(page => page.Key), text.Counts.PagesKept, _request.ValidationOneIn);
        var output = Directory.CreateDirectory(Path.Combine(work, "out")).FullName;
        using var tokenizer = Vocabulary(text, split, output);
        var (train, validation) = Tokenise(text, split, tokenizer, output);
        var baselines = Baselines(output, train, validation, tokenizer);
        WriteAll(Path.Combine(output, CorpusReport.FileName), report.ToBytes());
        WriteAll(Path.Combine(output, CorpusManifest.BaselinesFileName), JsonSerializer.SerializeToUtf8Bytes(baselines, s_json));
        var manifest = new CorpusManifest
        {
            Fingerprint = Digest(new { Options = Options(), text.InputDigests }),
            Vocabulary = new VocabularyEntry(tokenizer.Digest, tokenizer.PieceCount),
            Train = train,
            Validation = validation,
            Files = [.. Directory.EnumerateFiles(output).Order(StringComparer.Ordinal).Select(Entry)],
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

        WriteAll(Path.Combine(output, CorpusManifest.VocabularyFileName), tokenizer.Model.Span);
        return tokenizer;
    }

    private (SplitEntry Train, SplitEntry Validation) Tokenise(CleanedText text, ValidationSplit split, Tokenizer tokenizer, string output)
    {
        using var train = new ShardSet(output, "train", tokenizer.VocabularySize, _request.ShardTokens);
        using var validation = new ShardSet(output, "validation", tokenizer.VocabularySize, _request.ShardTokens);
        var pages = OrderedWork.Map(
            text.Pages(),
            _threads,
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
        using var validationStream = new TokenStream(validation.Shards.Select(name => new ShardReader(Path.Combine(output, name))));
        var baselines = NgramBaselines.Measure(trainStream, validationStream, tokenizer.PieceCount, cancellationToken: _cancellation);
        _progress(new BuildProgress("baselines", 1, 1, "entropies"));
        return baselines;
    }

    private FileEntry Entry(string path)
    {
        _cancellation.ThrowIfCancellationRequested();
        using var file = File.OpenRead(path);
        return new FileEntry(Path.GetFileName(path), file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    private CorpusBuildResult? Existing(string request)
    {
        var state = Path.Combine(_request.Out, StateName);
        if (!File.Exists(state) || File.ReadAllText(state).Trim() != request)
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

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            throw new BadInputException($"out: another build is writing to '{Path.GetDirectoryName(path)}'; wait for it, or name another folder.");
        }
    }

    /// <summary>Keeps what a killed build of the same request left, and nothing else.</summary>
    private static void TakeUp(string work, string request)
    {
        var state = Path.Combine(work, "request");
        if (!File.Exists(state) || File.ReadAllText(state) != request)
        {
            Directory.Delete(work, recursive: true);
            Directory.CreateDirectory(work);
            File.WriteAllText(state, request);
        }

        var output = Path.Combine(work, "out");
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }
    }

    private void Publish(string work, CorpusBuildResult result, string request)
    {
        _cancellation.ThrowIfCancellationRequested();
        var manifest = Path.Combine(_request.Out, CorpusManifest.FileName);
        File.Delete(Path.Combine(_request.Out, StateName));
        File.Delete(manifest);
        foreach (var stale in Directory.EnumerateFiles(_request.Out).Where(IsShard).ToList())
        {
            File.Delete(stale);
        }

        foreach (var file in result.Manifest.Files)
        {
            File.Move(Path.Combine(work, "out", file.Name), Path.Combine(_request.Out, file.Name), overwrite: true);
        }

        WriteAll(manifest + ".tmp", result.Manifest.ToBytes());
        File.Move(manifest + ".tmp", manifest, overwrite: true);
        WriteAll(Path.Combine(_request.Out, StateName), Encoding.UTF8.GetBytes(request + "\n"));
        Directory.Delete(work, recursive: true);
    }

    private static bool IsShard(string path) =>
        Path.GetExtension(path) is ".bin" or ".idx"
        && (Path.GetFileName(path).StartsWith("train-", StringComparison.Ordinal) || Path.GetFileName(path).StartsWith("validation-", StringComparison.Ordinal));

    private static void WriteAll(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    private static string MainReason(CorpusReport report)
    {
        var most = report.Rows.Where(row => row.Dropped > 0).MaxBy(row => row.Dropped);
        return most is null ? "" : $" (most of all, {most.Dropped} {most.Unit} were dropped: {most.Why})";
    }

    /// <summary>What the bytes depend on beside the inputs.</summary>
    private object Options() => new
    {
        Version = 1,
        Vocabulary = _givenTokenizer?.Digest,
        Training = _givenTokenizer is null ? _request.Training : null,
        _request.ValidationOneIn,
        Skipped = _skippedRules.Select(CleaningRules.Name),
        Blocked = Digest(_blockedWords),
        _request.ShardTokens,
    };

    private string RequestDigest() =>
        Digest(new { Options = Options(), Files = _files.Select(file => new { Path = Path.GetFullPath(file.Path), file.Key, file.Bytes, file.ModifiedTicks }) });

    private static string Digest(object value) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, s_json)));

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };
}
