using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Core.Data;

/// <summary>Several corpora as one, drawn from by weight: <c>mixture.json</c> of a folder. No token is copied.</summary>
/// <remarks>
/// An epoch is as long as it takes to see every corpus at least once at these weights; those that are seen sooner come again. Which sample of which
/// corpus a sample of the mixture is, is arithmetic: the corpora's quotas lie end to end, and the sample order permutes them all.
/// </remarks>
public sealed record CorpusMixture
{
    /// <summary>The file's name.</summary>
    public const string FileName = "mixture.json";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The layout's version.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The corpora, at least one.</summary>
    public required IReadOnlyList<MixtureEntry> Corpora { get; init; }

    /// <summary>Whether a folder holds a mixture.</summary>
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>The mixture of a folder, its corpora's paths made absolute.</summary>
    /// <exception cref="BadInputException">It cannot be read, or a weight is not above 0.</exception>
    public static CorpusMixture Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var path = Path.Combine(folder, FileName);
        CorpusMixture mixture;
        try
        {
            mixture = JsonSerializer.Deserialize<CorpusMixture>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The mixture '{path}' cannot be read ({error.Message}); make it again with 'orchestrator corpus mix'.", error);
        }

        mixture.Require();
        return mixture with { Corpora = [.. mixture.Corpora.Select(entry => entry with { Corpus = Path.GetFullPath(entry.Corpus, Path.GetFullPath(folder)) })] };
    }

    /// <summary>Checks the entries.</summary>
    /// <exception cref="BadInputException">There is none, or a weight is not above 0.</exception>
    public void Require()
    {
        if (Corpora.Count == 0)
        {
            throw new BadInputException("mixture: it names no corpus; name at least one as CORPUS=WEIGHT.");
        }

        if (Corpora.FirstOrDefault(entry => !(entry.Weight > 0 && double.IsFinite(entry.Weight))) is { } wrong)
        {
            throw new BadInputException($"mixture: the weight of '{wrong.Corpus}' was {wrong.Weight}; choose a number above 0.");
        }
    }

    /// <summary>How many samples of each corpus an epoch of the mixture has.</summary>
    /// <param name="samples">Samples of each corpus.</param>
    /// <param name="weights">Their weights.</param>
    /// <returns>Quotas; all 0 where a corpus has no sample.</returns>
    public static IReadOnlyList<long> Quotas(IReadOnlyList<long> samples, IReadOnlyList<double> weights)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(weights);
        if (samples.Any(count => count == 0))
        {
            return [.. samples.Select(_ => 0L)];
        }

        // The scale at which the corpus that is seen last is seen once.
        var sum = weights.Sum();
        var draws = samples.Select((count, i) => count / (weights[i] / sum)).Max();
        return [.. samples.Select((count, i) => Math.Max(count, (long)Math.Round(draws * (weights[i] / sum))))];
    }

    /// <summary>The manifest that stands for the mixture: sums of its corpora, no files of its own.</summary>
    /// <exception cref="BadInputException">A corpus is missing, or has another vocabulary.</exception>
    public CorpusManifest Manifest()
    {
        var parts = Corpora.Select(entry => CorpusManifest.Load(entry.Corpus)).ToList();
        for (var i = 1; i < parts.Count; i++)
        {
            if (parts[i].Vocabulary != parts[0].Vocabulary)
            {
                throw new BadInputException(
                    $"The corpora '{Corpora[0].Corpus}' and '{Corpora[i].Corpus}' have different vocabularies; build them with one, by --vocabulary.");
            }
        }

        var text = new StringBuilder("mixture\n");
        foreach (var (part, entry) in parts.Zip(Corpora))
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{part.Fingerprint} {entry.Weight:R}\n");
        }

        return new CorpusManifest
        {
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))),
            Vocabulary = parts[0].Vocabulary,
            Train = Sum(parts.Select(part => part.Train)) with { Mixed = [.. parts.Zip(Corpora, (part, entry) => new MixedTokens(part.Train.Tokens, entry.Weight))] },
            Validation = Sum(parts.Select(part => part.Validation)),
            Files = [],
        };
    }

    /// <summary>The mixture as JSON bytes.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, s_json), (byte)'\n'];

    private static SplitEntry Sum(IEnumerable<SplitEntry> splits) =>
        splits.Aggregate(new SplitEntry(0, 0, 0, []), (sum, split) => new SplitEntry(sum.Documents + split.Documents, sum.Tokens + split.Tokens, sum.Bytes + split.Bytes, []));
}

/// <summary>A corpus of a mixture.</summary>
/// <param name="Corpus">Its folder; a relative path starts at the mixture's folder.</param>
/// <param name="Weight">How much of the mixture it is, beside the others' weights; above 0.</param>
public sealed record MixtureEntry(string Corpus, double Weight);

/// <summary>A corpus's share of a mixture.</summary>
/// <param name="Tokens">Its training tokens.</param>
/// <param name="Weight">Its weight.</param>
public sealed record MixedTokens(long Tokens, double Weight);
