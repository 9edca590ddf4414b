using System.Security.Cryptography;
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

    /// <summary>Writes tensors as shards of one kind, model or optimizer.</summary>
    public void WriteTensors(string kind, IReadOnlyList<TensorView> tensors, long maxShardBytes)
    {
        var byName = tensors.ToDictionary(tensor => tensor.Name);
        var shards = ShardPlan.Make(tensors.Select(tensor => (tensor.Name, tensor.Bytes)), maxShardBytes);
        // transformers asks this of every file that it opens.
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        for (var i = 0; i < shards.Count; i++)
        {
            var name = CheckpointNames.Shard(kind, i, shards.Count);
            var (header, places) = SafetensorsHeader.Build(shards[i].Select(tensor => (tensor, byName[tensor].Type, byName[tensor].Shape)), metadata);
            using (var file = new DigestedFile(Path.Combine(path, name)))
            {
                file.Write(header);
                foreach (var place in places)
                {
                    file.Write(byName[place.Name].Address, place.Bytes);
                }

                _files.Add(file.Finish(name));
            }

            _tensors.AddRange(places.Select(place => new CheckpointTensor(place.Name, name, place.Offset, place.Shape, place.Type)));
        }
    }

    /// <summary>Writes a small file.</summary>
    public void WriteBytes(string name, byte[] bytes)
    {
        using var file = new DigestedFile(Path.Combine(path, name));
        file.Write(bytes);
        _files.Add(file.Finish(name));
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
