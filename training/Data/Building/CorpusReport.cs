using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Data;

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
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>Pages read.</summary>
    public long PagesIn { get; init; }

    /// <summary>Pages kept.</summary>
    public long PagesKept { get; init; }

    /// <summary>Lines read.</summary>
    public long LinesIn { get; init; }

    /// <summary>Lines kept.</summary>
    public long LinesKept { get; init; }

    /// <summary>Words read: what white space separates.</summary>
    public long WordsIn { get; init; }

    /// <summary>Words kept.</summary>
    public long WordsKept { get; init; }

    /// <summary>Bytes of the lines read.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes of the lines kept.</summary>
    public long BytesKept { get; init; }

    /// <summary>Tokens that the kept text is; 0 where it was not tokenised.</summary>
    public long Tokens { get; init; }

    /// <summary>What each rule did, in the rules' order.</summary>
    public IReadOnlyList<CorpusReportRow> Rows { get; init; } = [];

    /// <summary>Where and how records were damaged; the first hundred.</summary>
    public IReadOnlyList<string> Damages { get; init; } = [];

    /// <summary>The report of a cleaning.</summary>
    internal static CorpusReport Of(CleanedText text, CleaningOptions options) => new()
    {
        PagesIn = text.Counts.PagesIn,
        PagesKept = text.Counts.PagesKept,
        LinesIn = text.Counts.LinesIn,
        LinesKept = text.Counts.LinesKept,
        WordsIn = text.Counts.WordsIn,
        WordsKept = text.Counts.WordsKept,
        BytesIn = text.Counts.BytesIn,
        BytesKept = text.Counts.BytesKept,
        Rows = RowsOf(text, options),
        Damages = text.Damages,
    };

    private static List<CorpusReportRow> RowsOf(CleanedText text, CleaningOptions options)
    {
        var counts = text.Counts;
        var (pages, lines, words) = (counts.PagesIn, counts.LinesIn, counts.WordsIn);
        var rows = new List<CorpusReportRow>();
        foreach (var rule in CleaningRules.All)
        {
            var name = CleaningRules.Name(rule);
            var dropped = counts.Dropped[(int)rule];
            if (dropped == 0 && rule is (CleaningRule.EmptyLine or CleaningRule.EmptyPage))
            {
                continue;
            }

            var row = new CorpusReportRow(name, CleaningRules.Unit(rule), dropped, CleaningRules.Why(rule), options.Applies(rule))
            {
                PagesIn = pages,
                PagesOut = pages - (CleaningRules.Unit(rule) == "pages" ? dropped : 0),
                LinesIn = lines,
                LinesOut = lines - counts.DroppedLines[(int)rule],
                WordsIn = words,
                WordsOut = words - counts.DroppedWords[(int)rule],
                Examples = text.Examples.GetValueOrDefault(name),
            };
            (pages, lines, words) = (row.PagesOut, row.LinesOut, row.WordsOut);
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>The report of text that was tokenised.</summary>
    /// <remarks>What the rules dropped is not tokenised, which would cost more than all the rest; its tokens are estimated from its words, at the kept text's tokens a word.</remarks>
    /// <param name="tokens">Tokens that the kept text is.</param>
    internal CorpusReport Tokenised(long tokens)
    {
        var each = tokens / (double)Math.Max(1, WordsKept);
        return this with { Tokens = tokens, Rows = [.. Rows.Select(row => row with { TokensIn = (long)Math.Round(row.WordsIn * each), TokensOut = (long)Math.Round(row.WordsOut * each) })] };
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
public sealed record CorpusReportRow(string Rule, string Unit, long Dropped, string Why, bool Applied)
{
    /// <summary>Pages that came to it.</summary>
    public long PagesIn { get; init; }

    /// <summary>Pages that it left.</summary>
    public long PagesOut { get; init; }

    /// <summary>Lines that came to it.</summary>
    public long LinesIn { get; init; }

    /// <summary>Lines that it left.</summary>
    public long LinesOut { get; init; }

    /// <summary>Words that came to it.</summary>
    public long WordsIn { get; init; }

    /// <summary>Words that it left.</summary>
    public long WordsOut { get; init; }

    /// <summary>About how many tokens came to it; null where the text was not tokenised.</summary>
    public long? TokensIn { get; init; }

    /// <summary>About how many tokens it left; behind the last rule, exactly.</summary>
    public long? TokensOut { get; init; }

    /// <summary>Some of what it dropped, where that was asked for.</summary>
    public IReadOnlyList<RuleExample>? Examples { get; init; }
}
