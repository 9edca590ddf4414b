using System.Text;
using System.Text.Json;

namespace Orchestrator.Cli.Display;

/// <summary>What a corpus job tells, as text.</summary>
internal static class CorpusReport
{
    /// <summary>How much was kept and why the rest was not.</summary>
    /// <param name="report">The job's <c>report</c> event, or its <c>corpus</c> event.</param>
    /// <param name="indent">Put before each line.</param>
    public static string Of(JsonElement report, string indent)
    {
        var text = new StringBuilder();
        if (report.TryGetProperty("pages_in", out var pages))
        {
            text.Append(indent).Append($"kept {report.GetProperty("pages_kept").GetInt64()} of {pages.GetInt64()} pages, ")
                .Append($"{report.GetProperty("lines_kept").GetInt64()} of {report.GetProperty("lines_in").GetInt64()} lines, ")
                .Append($"{RunText.Bytes(report.GetProperty("bytes_kept").GetInt64())} of {RunText.Bytes(report.GetProperty("bytes_in").GetInt64())}\n");
        }

        if (!report.TryGetProperty("rows", out var rows) || rows.ValueKind != JsonValueKind.Array)
        {
            return "";
        }

        foreach (var row in rows.EnumerateArray().Where(row => row.GetProperty("dropped").GetInt64() > 0))
        {
            text.Append(indent).Append($"dropped {row.GetProperty("dropped").GetInt64(),7} {row.GetProperty("unit").GetString()}: {row.GetProperty("why").GetString()}\n");
        }

        var left = rows.EnumerateArray()
            .Where(row => row.TryGetProperty("applied", out var applied) && applied.ValueKind == JsonValueKind.False)
            .Select(row => row.GetProperty("rule").GetString()).ToList();
        if (left.Count > 0)
        {
            text.Append(indent).Append($"rules not applied: {string.Join(", ", left)}\n");
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>What came to each rule and what it left, with examples where there are any.</summary>
    /// <param name="report">The job's <c>report</c> event.</param>
    public static string Table(JsonElement report)
    {
        static string Number(JsonElement row, string name) => row.GetProperty(name).GetInt64().ToString("#,0", System.Globalization.CultureInfo.InvariantCulture);
        static string About(JsonElement row) => row.TryGetProperty("tokens_out", out _) ? $"{"~" + Number(row, "tokens_out"),18}" : "";
        var tokens = report.GetProperty("rows").EnumerateArray().Any(row => row.TryGetProperty("tokens_out", out _)) ? $"{"tokens left",18}" : "";
        var text = new StringBuilder($"{"rule",-24}{"struck",12}{"pages left",14}{"lines left",16}{"words left",18}{tokens}\n");
        text.Append($"{"read",-24}{"",12}{Number(report, "pages_in"),14}{Number(report, "lines_in"),16}{Number(report, "words_in"),18}\n");
        foreach (var row in report.GetProperty("rows").EnumerateArray())
        {
            var rule = row.GetProperty("rule").GetString();
            text.Append(row.GetProperty("applied").GetBoolean()
                ? $"{rule,-24}{Number(row, "dropped"),12}{Number(row, "pages_out"),14}{Number(row, "lines_out"),16}{Number(row, "words_out"),18}{About(row)}\n"
                : $"{rule,-24}{"not applied",12}\n");
            if (row.TryGetProperty("examples", out var examples) && examples.ValueKind == JsonValueKind.Array)
            {
                foreach (var example in examples.EnumerateArray())
                {
                    text.Append($"    {example.GetProperty("page").GetString()}: {example.GetProperty("text").GetString()!.ReplaceLineEndings(" ")}\n");
                }
            }
        }

        foreach (var damage in report.GetProperty("damages").EnumerateArray().Take(10))
        {
            text.Append($"damaged: {damage.GetString()}\n");
        }

        return text.Append(Of(report, "")).ToString();
    }

    /// <summary>Documents, tokens and entropies, of a <c>finished</c> or <c>corpus</c> event.</summary>
    public static string Facts(JsonElement facts, string indent)
    {
        var text = new StringBuilder();
        foreach (var split in new[] { "train", "validation" })
        {
            var entry = facts.GetProperty(split);
            text.Append(indent).Append($"{split,-11} {RunText.Count(entry.GetProperty("documents").GetInt64())} documents, {RunText.Count(entry.GetProperty("tokens").GetInt64())} tokens\n");
        }

        text.Append(indent).Append($"{"vocabulary",-11} {facts.GetProperty("pieces").GetInt64()} pieces and 100 sentinels\n");
        text.Append(indent).Append($"{"entropy",-11} unigram {facts.GetProperty("unigram_entropy").GetDouble():0.000}, bigram {facts.GetProperty("bigram_entropy").GetDouble():0.000} nats a token");
        return text.ToString();
    }
}
