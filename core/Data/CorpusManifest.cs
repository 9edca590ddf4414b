using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Data;

/// <summary>What a corpus folder holds: <c>manifest.json</c>, written last, so that a folder without it is no corpus.</summary>
public sealed record CorpusManifest
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The vocabulary's file name.</summary>
    public const string VocabularyFileName = "spiece.model";

    /// <summary>The entropies' file name.</summary>
    public const string BaselinesFileName = "baselines.json";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The layout's version.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Digest of the inputs and options the corpus was built from.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The vocabulary.</summary>
    public required VocabularyEntry Vocabulary { get; init; }

    /// <summary>Tokens that are trained on.</summary>
    public required SplitEntry Train { get; init; }

    /// <summary>Tokens held out.</summary>
    public required SplitEntry Validation { get; init; }

    /// <summary>Every file but the manifest, in name order.</summary>
    public required IReadOnlyList<FileEntry> Files { get; init; }

    /// <summary>The manifest of a corpus folder.</summary>
    /// <exception cref="BadInputException">There is none, or it cannot be read.</exception>
    public static CorpusManifest Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder))
        {
            throw new BadInputException($"There is no corpus at '{folder}': the folder does not exist; build one with 'orchestrator corpus build --input TEXT --out {folder}'.");
        }

        var path = Path.Combine(folder, FileName);
        if (CorpusMixture.IsAt(folder))
        {
            return CorpusMixture.Load(folder).Manifest();
        }

        if (!File.Exists(path))
        {
            throw new BadInputException($"There is no corpus at '{folder}': it has no {FileName}; build one with 'orchestrator corpus build --input TEXT --out {folder}'.");
        }

        try
        {
            return JsonSerializer.Deserialize<CorpusManifest>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The corpus manifest '{path}' cannot be read ({error.Message}); build the corpus again.", error);
        }
    }

    /// <summary>The manifest of a corpus that is whole, as far as that is seen without reading its tokens: every file is there and of its size, there are tokens, and the vocabulary is the corpus's own.</summary>
    /// <exception cref="BadInputException">There is no corpus, it is empty, or its parts do not belong together.</exception>
    public static CorpusManifest LoadWhole(string folder)
    {
        var manifest = Load(folder);
        if (manifest.Train.Tokens == 0)
        {
            throw new BadInputException($"The corpus '{folder}' is empty: it has no training tokens; build it from more text.");
        }

        RequireVocabulary(Path.Combine(folder, VocabularyFileName), manifest.Vocabulary);
        if (CorpusMixture.IsAt(folder))
        {
            foreach (var entry in CorpusMixture.Load(folder).Corpora)
            {
                LoadWhole(entry.Corpus);
            }
        }

        var isRemote = RemoteShards.IsAt(folder);
        foreach (var file in manifest.Files.Where(file => !isRemote || !file.Name.EndsWith(".bin", StringComparison.Ordinal)))
        {
            var info = new FileInfo(Path.Combine(folder, file.Name));
            if (!info.Exists || info.Length != file.Bytes)
            {
                throw new BadInputException(info.Exists
                    ? $"The corpus file '{info.FullName}' has {info.Length} bytes and the manifest says {file.Bytes}; build the corpus again."
                    : $"The corpus file '{info.FullName}' is missing; build the corpus again.");
            }
        }

        return manifest;
    }

    /// <summary>The manifest as JSON bytes, the same for the same content.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, s_json), (byte)'\n'];

    private static void RequireVocabulary(string path, VocabularyEntry vocabulary)
    {
        if (!File.Exists(path))
        {
            throw new BadInputException($"The vocabulary '{path}' is missing; build the corpus again.");
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        if (digest != vocabulary.Sha256)
        {
            throw new BadInputException(
                $"The vocabulary '{path}' is not the one the corpus was built with (SHA-256 {digest[..12]} instead of {vocabulary.Sha256[..12]}); put that one back or build the corpus again.");
        }
    }
}

/// <summary>A corpus's vocabulary.</summary>
/// <param name="Sha256">Digest of spiece.model, lower-case hexadecimal.</param>
/// <param name="Pieces">SentencePiece pieces, pad, EOS and unk among them; the 100 sentinels come on top.</param>
public sealed record VocabularyEntry(string Sha256, int Pieces)
{
    /// <summary>Pieces and sentinels.</summary>
    [JsonIgnore]
    public int Size => Pieces + SpanLengths.SentinelCount;
}

/// <summary>One half of a corpus, train or validation.</summary>
/// <param name="Documents">How many documents.</param>
/// <param name="Tokens">How many tokens.</param>
/// <param name="Bytes">Bytes of text (UTF-8).</param>
/// <param name="Shards">Shard names in reading order: NAME.bin and NAME.idx.</param>
public sealed record SplitEntry(long Documents, long Tokens, long Bytes, IReadOnlyList<string> Shards)
{
    /// <summary>Of a mixture, what it is mixed of.</summary>
    [JsonIgnore]
    public IReadOnlyList<MixedTokens>? Mixed { get; init; }

    /// <summary>How many samples of <paramref name="rawLength"/> tokens there are; what is left at the end belongs to none.</summary>
    /// <param name="rawLength">Tokens of a sample.</param>
    /// <param name="order">What an epoch puts in another order; documents have their EOS then.</param>
    public long SampleCount(int rawLength, DataOrder order = DataOrder.Samples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rawLength, 1);
        if (order == DataOrder.Documents)
        {
            return (Tokens + Documents) / rawLength;
        }

        return Mixed is null
            ? Tokens / rawLength
            : CorpusMixture.Quotas([.. Mixed.Select(part => part.Tokens / rawLength)], [.. Mixed.Select(part => part.Weight)]).Sum();
    }
}

/// <summary>A file of a corpus.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its digest, lower-case hexadecimal.</param>
public sealed record FileEntry(string Name, long Bytes, string Sha256);
