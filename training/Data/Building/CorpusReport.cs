using System.Text.Json;

namespace Orchestrator.Training.Data.Building;

/// <summary>What a cleaning did: <c>report.json</c> of a corpus.</summary>
public sealed record CorpusReport
{
    /// <summary>The report's file name.</summary>
    public const string FileName = "report.json";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>Pages read.</summary>
    public long PagesIn { get; init; }

    /// <summary>Pages kept.</summary>
    public long PagesKept { get; init; }

    /// <summary>Lines read; those of a page that was dropped are counted up to where it was.</summary>
    public long LinesIn { get; init; }

    /// <summary>Lines kept.</summary>
    public long LinesKept { get; init; }

    /// <summary>Bytes of the lines read.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes of the lines kept.</summary>
    public long BytesKept { get; init; }

    /// <summary>What each rule did, in the rules' order.</summary>
    public IReadOnlyList<CorpusReportRow> Rows { get; init; } = [];

    /// <summary>Where and how records were damaged; the first hundred.</summary>
    public IReadOnlyList<string> Damages { get; init; } = [];

    /// <summary>The report of a cleaning.</summary>
    internal static CorpusReport Of(CleaningCounts counts, IReadOnlySet<CleaningRule> skipped, bool hasBlockList, IReadOnlyList<string> damages)
    {
        var rows = CleaningRules.All.Select(rule => new CorpusReportRow(
            CleaningRules.Name(rule),
            CleaningRules.Unit(rule),
            counts.Dropped[(int)rule],
            CleaningRules.Why(rule),
            !skipped.Contains(rule) && (rule != CleaningRule.BlockList || hasBlockList)));
        return new CorpusReport
        {
            PagesIn = counts.PagesIn,
            PagesKept = counts.PagesKept,
            LinesIn = counts.LinesIn,
            LinesKept = counts.LinesKept,
            BytesIn = counts.BytesIn,
            BytesKept = counts.BytesKept,
            Rows = [.. rows, new CorpusReportRow("language", "pages", 0, "not English; no detector", Applied: false)],
            Damages = damages,
        };
    }

    /// <summary>The report of a corpus, or null where it has none.</summary>
    public static CorpusReport? Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? JsonSerializer.Deserialize<CorpusReport>(File.ReadAllBytes(path), s_json) : null;
    }

    /// <summary>The report as JSON bytes.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, s_json), (byte)'\n'];
}

/// <summary>What one rule did.</summary>
/// <param name="Rule">Its name.</param>
/// <param name="Unit">pages, lines or marks.</param>
/// <param name="Dropped">How many it dropped.</param>
/// <param name="Why">Why, in a few words.</param>
/// <param name="Applied">Whether it was applied at all.</param>
public sealed record CorpusReportRow(string Rule, string Unit, long Dropped, string Why, bool Applied);
