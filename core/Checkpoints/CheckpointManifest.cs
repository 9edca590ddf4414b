using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Evaluation;

namespace Orchestrator.Core.Checkpoints;

/// <summary>What a checkpoint folder holds: <c>manifest.json</c>, without which the folder is no checkpoint.</summary>
public sealed record CheckpointManifest
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The layout's version that is written and read.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
        WriteIndented = true,
    };

    /// <summary>The layout's version.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Version of the product that wrote it.</summary>
    public required string ProductVersion { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Digest of the spec's arithmetic; only a run with the same one goes on from here.</summary>
    public required string SpecDigest { get; init; }

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>The sample with which the next step begins.</summary>
    public required CheckpointCursor Cursor { get; init; }

    /// <summary>Digest of the weights, 16 lower-case hexadecimal characters.</summary>
    public required string WeightsDigest { get; init; }

    /// <summary>Where the weights are an adapter's: the digest of those that it adapts; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BaseDigest { get; init; }

    /// <summary>Figures of the moment, for people: <c>train_loss</c> and the like.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>What the run's evaluations had come to, where it keeps the best; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CheckpointEvaluation? Evaluation { get; init; }

    /// <summary>Every other file, in name order.</summary>
    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>Every tensor, in the order of files and names.</summary>
    public required IReadOnlyList<CheckpointTensor> Tensors { get; init; }

    /// <summary>SHA-256 of this manifest's JSON with an empty digest.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Bytes of all files but the manifest.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>The manifest as a file's bytes, its digest filled in.</summary>
    public byte[] ToBytes() => Serialise(this with { Digest = DigestOf(this) });

    /// <summary>Reads and checks a manifest.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of another version; the message says how.</exception>
    public static CheckpointManifest Parse(ReadOnlySpan<byte> bytes)
    {
        CheckpointManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<CheckpointManifest>(bytes, s_json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{FileName} is not the JSON of a manifest", error);
        }

        if (manifest.Version != CurrentVersion)
        {
            throw new InvalidDataException($"{FileName} has version {manifest.Version}; this program reads version {CurrentVersion}");
        }

        if (manifest.Digest != DigestOf(manifest))
        {
            throw new InvalidDataException($"{FileName} does not match its own digest");
        }

        RequireConsistent(manifest);
        return manifest;
    }

    private static void RequireConsistent(CheckpointManifest manifest)
    {
        var files = new Dictionary<string, CheckpointFile>();
        foreach (var file in manifest.Files)
        {
            if (file is null || file.Name.Length == 0 || file.Name is "." or ".." or FileName || file.Name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0 || file.Bytes < 0 || !files.TryAdd(file.Name, file))
            {
                throw new InvalidDataException($"{FileName} has a file name or size that cannot be");
            }
        }

        foreach (var tensor in manifest.Tensors)
        {
            if (tensor is null || !files.TryGetValue(tensor.File, out var file) || tensor.Offset < 0 || tensor.Offset > file.Bytes)
            {
                throw new InvalidDataException($"{FileName} places a tensor outside its files");
            }
        }

        if (manifest.Step < 0)
        {
            throw new InvalidDataException($"{FileName} has the step {manifest.Step}");
        }
    }

    private static string DigestOf(CheckpointManifest manifest) =>
        Convert.ToHexStringLower(SHA256.HashData(Serialise(manifest with { Digest = "" })));

    private static byte[] Serialise(CheckpointManifest manifest) => [.. JsonSerializer.SerializeToUtf8Bytes(manifest, s_json), (byte)'\n'];
}

/// <summary>A sample's place in the order of samples.</summary>
/// <param name="Epoch">Passes over the corpus that are complete.</param>
/// <param name="Index">Samples of the present pass that are done.</param>
public sealed record CheckpointCursor(long Epoch, long Index);

/// <summary>What a run's evaluations had come to.</summary>
/// <param name="Metric">What was measured.</param>
/// <param name="Record">The outcome.</param>
public sealed record CheckpointEvaluation(string Metric, EvaluationRecord Record);

/// <summary>A file of a checkpoint.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its digest, lower-case hexadecimal.</param>
public sealed record CheckpointFile(string Name, long Bytes, string Sha256);

/// <summary>A tensor's place in a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">The file.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Dtype">Number format.</param>
public sealed record CheckpointTensor(string Name, string File, long Offset, IReadOnlyList<long> Shape, TensorType Dtype);
