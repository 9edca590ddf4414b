using System.Text.Json;
using Orchestrator.Core.Runs;

namespace Orchestrator.Core.Checkpoints;

/// <summary>Of which spec the work in a run's folder is.</summary>
public static class FolderSpec
{
    private const string CheckpointsFolder = "checkpoints";

    /// <summary>The checkpoints in a run's folder whose manifests are whole; a damaged one is no checkpoint, and whoever loads it says so.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As well.</exception>
    public static IReadOnlyList<(string Path, CheckpointManifest Manifest)> Checkpoints(string outDir)
    {
        var root = Path.Combine(outDir, CheckpointsFolder);
        var found = new List<(string, CheckpointManifest)>();
        string[] folders = Directory.Exists(root) ? Directory.GetDirectories(root) : [];
        foreach (var folder in folders.Order(StringComparer.Ordinal))
        {
            var manifest = Path.Combine(folder, CheckpointManifest.FileName);
            if (CheckpointNames.Step(Path.GetFileName(folder)) is not null && File.Exists(manifest))
            {
                try
                {
                    found.Add((folder, CheckpointManifest.Parse(File.ReadAllBytes(manifest))));
                }
                catch (InvalidDataException)
                {
                    continue;
                }
            }
        }

        return found;
    }

    /// <summary>Why a run of a spec cannot write to a folder, or null where nothing speaks against it.</summary>
    /// <param name="outDir">The folder; it need not exist.</param>
    /// <param name="specDigest">The spec's digest.</param>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As well.</exception>
    public static string? Problem(string outDir, string specDigest)
    {
        var foreign = Checkpoints(outDir).FirstOrDefault(found => found.Manifest.SpecDigest != specDigest);
        if (foreign.Manifest is not null)
        {
            return $"{foreign.Path} is a checkpoint of another spec; name another folder with --out, or take that spec back";
        }

        var ledger = Path.Combine(outDir, Ledger.FileName);
        return File.Exists(ledger) && LedgerSpec(ledger) is { } other && other != specDigest
            ? $"{ledger} is the ledger of another spec; name another folder with --out, or take that spec back"
            : null;
    }

    private static string? LedgerSpec(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadLines(path).FirstOrDefault() ?? "");
            return json.RootElement.GetProperty("spec_digest").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Whoever reads the ledger through says where it is damaged.
            return null;
        }
    }
}
