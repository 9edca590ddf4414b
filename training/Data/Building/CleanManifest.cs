using System.Text.Json;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>What a folder of cleaned text holds: <c>clean.json</c>, written last.</summary>
/// <param name="Fingerprint">Digest of the inputs and options the text was cleaned from and with.</param>
/// <param name="Pages">Pages in all files.</param>
/// <param name="Files">Every file but this one, in name order.</param>
public sealed record CleanManifest(string Fingerprint, long Pages, IReadOnlyList<FileEntry> Files)
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "clean.json";

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>The manifest of a folder where every file is there and of its size; else null.</summary>
    internal static CleanManifest? Find(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        var manifest = JsonSerializer.Deserialize<CleanManifest>(File.ReadAllBytes(path), s_json);
        return manifest?.Files.All(file => new FileInfo(Path.Combine(folder, file.Name)) is { Exists: true } info && info.Length == file.Bytes) == true ? manifest : null;
    }

    internal byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, s_json), (byte)'\n'];
}
