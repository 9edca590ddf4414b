using System.Text.Json;

namespace Orchestrator.Cli.Display;

/// <summary>The events of the corpus's jobs as text.</summary>
internal static class CorpusText
{
    /// <summary>An event as text, or null for nothing.</summary>
    public static string? Of(JsonElement happened) => happened.GetProperty("event").GetString() switch
    {
        "report" => CorpusReport.Table(happened),
        "skipped" => $"{Folder(happened)} already holds this corpus.",
        "cleaned" => $"{"cleaned",-11} {happened.GetProperty("pages").GetInt64()} pages in {happened.GetProperty("files").GetArrayLength()} files in {Folder(happened)}",
        "made" => $"{Folder(happened)}: {RunText.Count(happened.GetProperty("train").GetProperty("documents").GetInt64())} documents, {RunText.Count(happened.GetProperty("train").GetProperty("tokens").GetInt64())} tokens to train on",
        "part" => $"Part {happened.GetProperty("part").GetInt32()} of {happened.GetProperty("parts").GetInt32()} is clean: {happened.GetProperty("pages").GetInt64()} pages read.",
        "finished" when happened.TryGetProperty("train", out _) => $"{CorpusReport.Facts(happened, "")}\n{"corpus",-11} {Folder(happened)}",
        "corpus" => $"{CorpusReport.Facts(happened, "")}\n{CorpusReport.Of(happened, "")}",
        "document" => $"\n{happened.GetProperty("split").GetString()} document {happened.GetProperty("number").GetInt64()}, {happened.GetProperty("tokens").GetInt64()} tokens:\n{happened.GetProperty("text").GetString()}",
        "verified" => $"\nEvery digest matches: {happened.GetProperty("files").GetInt64()} files, {RunText.Bytes(happened.GetProperty("bytes").GetInt64())}.",
        "damaged" => $"damaged: {happened.GetProperty("file").GetString()}: {happened.GetProperty("fault").GetString()}",
        _ => null,
    };

    private static string? Folder(JsonElement happened) => happened.GetProperty("out").GetString();
}
