using System.Text.Json;

namespace Orchestrator.Core.Data;

/// <summary>Where the tokens of a corpus folder are that holds everything else: <c>remote.json</c>. They are read block by block as they are needed.</summary>
public sealed record RemoteShards
{
    /// <summary>The file's name.</summary>
    public const string FileName = "remote.json";

    /// <summary>Digests of the blocks, a file of every corpus that is built: SHA-256 of every <see cref="BlockBytes"/> of each .bin file in the manifest's order, then that of all of them.</summary>
    public const string DigestsFileName = "blocks.sha256";

    /// <summary>Bytes that have a digest of their own and are fetched at a time.</summary>
    public const int BlockBytes = 256 << 10;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>s3://BUCKET/PREFIX, or a folder.</summary>
    public required string Url { get; init; }

    /// <summary>Of another S3 service than AWS, its address; null: AWS.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The bucket's region; null: as the environment says.</summary>
    public string? Region { get; init; }

    /// <summary>How much of it a process keeps on its disk, megabytes.</summary>
    public int CacheMegabytes { get; init; } = 4096;

    /// <summary>Whether a corpus folder has its tokens elsewhere.</summary>
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Where the tokens of a folder are.</summary>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    public static RemoteShards Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<RemoteShards>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The file '{path}' cannot be read ({error.Message}); make the folder again with 'orchestrator corpus attach'.", error);
        }
    }

    /// <summary>This as JSON bytes.</summary>
    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, s_json), (byte)'\n'];
}
