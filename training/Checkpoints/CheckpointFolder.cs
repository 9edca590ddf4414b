using System.Security.Cryptography;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Fills a folder with a checkpoint's files, each flushed to disk and digested as it is written.</summary>
internal sealed class CheckpointFolder(string path)
{
    private readonly List<CheckpointFile> _files = [];
    private readonly List<CheckpointTensor> _tensors = [];

    /// <summary>The files written so far, in name order.</summary>
    public IReadOnlyList<CheckpointFile> Files => [.. _files.OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>The tensors written so far.</summary>
    public IReadOnlyList<CheckpointTensor> Tensors => _tensors;

    /// <summary>Bytes of the tensors written so far.</summary>
    public long TensorBytes { get; private set; }

    /// <summary>Writes tensors as shards of one kind, model or optimizer.</summary>
    /// <param name="kind">The first part of the files' names.</param>
    /// <param name="tensors">The tensors.</param>
    /// <param name="maxShardBytes">Bytes of tensors in one file at most; a larger tensor has a file of its own.</param>
    /// <param name="type">The number format to write; null: that of each tensor.</param>
    /// <param name="onlyName">The file's name if there is one alone; null: numbered like several.</param>
    /// <param name="progress">Called before each tensor with the bytes that are written and those in all.</param>
    /// <exception cref="BadInputException">A value does not fit the number format.</exception>
    public void WriteTensors(
        string kind, IReadOnlyList<TensorView> tensors, long maxShardBytes, TensorType? type = null, string? onlyName = null, Action<long, long>? progress = null)
    {
        var byName = tensors.ToDictionary(tensor => tensor.Name);
        var shards = ShardPlan.Make(tensors.Select(tensor => (tensor.Name, BytesOf(tensor))), maxShardBytes);
        var total = tensors.Sum(BytesOf);
        // transformers asks this of every file that it opens.
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        for (var i = 0; i < shards.Count; i++)
        {
            var name = onlyName is not null && shards.Count == 1 ? onlyName : CheckpointNames.Shard(kind, i, shards.Count);
            var (header, places) = SafetensorsHeader.Build(shards[i].Select(tensor => (tensor, type ?? byName[tensor].Type, byName[tensor].Shape)), metadata);
            using (var file = new DigestedFile(Path.Combine(path, name)))
            {
                file.Write(header);
                foreach (var place in places)
                {
                    progress?.Invoke(TensorBytes, total);
                    Write(file, byName[place.Name], place.Type);
                    TensorBytes += place.Bytes;
                }

                _files.Add(file.Finish(name));
            }

            _tensors.AddRange(places.Select(place => new CheckpointTensor(place.Name, name, place.Offset, place.Shape, place.Type)));
        }

        progress?.Invoke(total, total);
        long BytesOf(TensorView tensor) => tensor.Bytes / tensor.Type.Size() * (type ?? tensor.Type).Size();
    }

    /// <summary>Writes the vocabulary and the files that make transformers load it as T5's.</summary>
    public void WriteVocabulary(string vocabulary)
    {
        WriteBytes(HuggingFaceFiles.VocabularyFileName, File.ReadAllBytes(vocabulary));
        foreach (var (name, bytes) in HuggingFaceFiles.Tokenizer())
        {
            WriteBytes(name, bytes);
        }
    }

    /// <summary>Writes the manifest, which is not among the files that it lists.</summary>
    /// <returns>Its bytes.</returns>
    public byte[] WriteManifest(CheckpointManifest manifest)
    {
        var bytes = manifest.ToBytes();
        using var file = new DigestedFile(Path.Combine(path, CheckpointManifest.FileName));
        file.Write(bytes);
        _ = file.Finish(CheckpointManifest.FileName);
        return bytes;
    }

    /// <summary>Writes a small file.</summary>
    public void WriteBytes(string name, byte[] bytes)
    {
        using var file = new DigestedFile(Path.Combine(path, name));
        file.Write(bytes);
        _files.Add(file.Finish(name));
    }

    private static void Write(DigestedFile file, TensorView tensor, TensorType type)
    {
        if (tensor.Type == type)
        {
            file.Write(tensor.Address, tensor.Bytes);
        }
        else if (TensorCast.Pieces(tensor, type, file.Write) is var lost and > 0)
        {
            throw new BadInputException($"dtype: {lost} values of '{tensor.Name}' are too large for {type}; choose bf16 or fp32.");
        }
    }
}

/// <summary>A file that is digested while it is written.</summary>
internal sealed class DigestedFile(string path) : IDisposable
{
    private const int PieceBytes = 4 << 20;
    private readonly FileStream _stream = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytes;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _stream.Write(bytes);
        _bytes += bytes.Length;
    }

    public unsafe void Write(nint address, long count)
    {
        for (var at = 0L; at < count; at += PieceBytes)
        {
            Write(new ReadOnlySpan<byte>((byte*)address + at, (int)Math.Min(PieceBytes, count - at)));
        }
    }

    /// <summary>Flushes to disk.</summary>
    public CheckpointFile Finish(string name)
    {
        _stream.Flush(flushToDisk: true);
        return new CheckpointFile(name, _bytes, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }
}
