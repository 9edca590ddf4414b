using System.Buffers;
using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Orchestrator.Core;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Data.Remote;

namespace Orchestrator.Training.Data;

/// <summary>One Megatron shard, memory-mapped, or with its tokens in a store. Thread-safe.</summary>
/// <remarks>Its sequences lie end to end; the file of tokens may hold others before and after them, which are those of other shards that share it.</remarks>
public sealed unsafe class ShardReader : IDisposable
{
    private readonly MappedFile? _tokens;
    private readonly RemoteBlocks? _remote;
    private readonly string _name;
    private readonly MappedFile _index;
    private readonly long _sequences;
    private readonly long _start;
    private readonly byte _code;

    /// <summary>Opens PATH.bin and PATH.idx.</summary>
    /// <param name="path">The shard's path without extension.</param>
    /// <exception cref="BadInputException">A file is missing, or is no such shard.</exception>
    public ShardReader(string path)
        : this(path, remote: null)
    {
    }

    /// <summary>Opens PATH.idx, and PATH.bin where it is not remote.</summary>
    internal ShardReader(string path, RemoteBlocks? remote)
    {
        (_name, _remote) = (Path.GetFileName(path) + ".bin", remote);
        _index = new MappedFile(path + ".idx");
        try
        {
            var header = _index.Bytes(0, (int)Math.Min(_index.Length, MegatronFormat.HeaderBytes));
            Require(
                header.Length == MegatronFormat.HeaderBytes && header.StartsWith(MegatronFormat.Magic) && header[9] == 1,
                $"'{path}.idx' is not an index of Megatron's format, version 1");
            _code = header[17];
            Require(_code is MegatronFormat.UInt16Code or MegatronFormat.Int32Code, $"'{path}.idx' has tokens of type code {_code}, neither uint16 nor int32");
            _sequences = BinaryPrimitives.ReadInt64LittleEndian(header[18..]);
            var bounds = BinaryPrimitives.ReadInt64LittleEndian(header[26..]);
            Require(
                _sequences >= 0 && bounds >= 0 && _index.Length >= MegatronFormat.HeaderBytes + (_sequences * 12) + (bounds * 8),
                $"'{path}.idx' is shorter than its header says");
            _tokens = remote is null ? new MappedFile(path + ".bin") : null;
            if (_sequences > 0)
            {
                var (first, last) = (PlaceInFile(0), PlaceInFile(_sequences - 1));
                (_start, TokenCount) = (first.First, last.End - first.First);
                Require(
                    first.First >= 0 && first.First <= last.First && last.Count >= 0 && last.End * MegatronFormat.TokenBytes(_code) <= (_tokens?.Length ?? remote!.Length(_name)),
                    $"'{path}.bin' is shorter than its index says");
            }
        }
        catch
        {
            _index.Dispose();
            _tokens?.Dispose();
            throw;
        }
    }

    /// <summary>Tokens in the shard.</summary>
    public long TokenCount { get; }

    /// <summary>Documents (sequences) in the shard.</summary>
    public long DocumentCount => _sequences;

    /// <summary>Reads tokens from a place on.</summary>
    /// <param name="first">The first token's number in the shard.</param>
    /// <param name="tokens">Where they go.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shard ends before.</exception>
    public void Read(long first, Span<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + tokens.Length, TokenCount, nameof(first));
        var size = MegatronFormat.TokenBytes(_code);
        if (_tokens is not null)
        {
            Widen(_tokens.Bytes((_start + first) * size, tokens.Length * size), tokens);
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(tokens.Length * size);
        try
        {
            _remote!.Read(_name, (_start + first) * size, bytes.AsSpan(0, tokens.Length * size));
            Widen(bytes.AsSpan(0, tokens.Length * size), tokens);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Says that tokens will be read soon.</summary>
    internal void Expect(long first, int count) =>
        _remote?.Expect(_name, (_start + first) * MegatronFormat.TokenBytes(_code), count * MegatronFormat.TokenBytes(_code));

    /// <summary>The tokens of a document.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such document.</exception>
    public int[] Document(long number)
    {
        var place = DocumentPlace(number);
        var tokens = new int[place.Count];
        Read(place.First, tokens);
        return tokens;
    }

    /// <summary>Where a document's tokens lie in the shard.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such document.</exception>
    public TokenRange DocumentPlace(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, _sequences);
        var place = PlaceInFile(number);
        return place with { First = place.First - _start };
    }

    /// <summary>Which of the shard's tokens lie in a stretch of its file of tokens.</summary>
    public TokenRange TokensIn(ByteRange bytes)
    {
        var size = MegatronFormat.TokenBytes(_code);
        var first = (bytes.First / size) - _start;
        return new TokenRange(first, ((bytes.First + bytes.Count + size - 1) / size) - _start - first).Within(TokenCount);
    }

    /// <summary>The document that holds a token: the last that begins at it or before.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public long DocumentAt(long token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, TokenCount);
        var (low, high) = (0L, _sequences - 1);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            (low, high) = DocumentPlace(middle).First <= token ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _index.Dispose();
        _tokens?.Dispose();
    }

    /// <summary>Writes an index of some of the documents, over the same file of tokens.</summary>
    /// <param name="path">The index.</param>
    /// <param name="first">The first document.</param>
    /// <param name="count">How many, at least one.</param>
    internal void WriteIndex(string path, long first, long count)
    {
        var lengths = new List<int>((int)count);
        for (var number = first; number < first + count; number++)
        {
            lengths.Add((int)PlaceInFile(number).Count);
        }

        ShardWriter.WriteIndex(path, _code, lengths, PlaceInFile(first).First * MegatronFormat.TokenBytes(_code));
    }

    private TokenRange PlaceInFile(long number)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(_index.Bytes(MegatronFormat.HeaderBytes + (number * 4), 4));
        var offset = BinaryPrimitives.ReadInt64LittleEndian(_index.Bytes(MegatronFormat.HeaderBytes + (_sequences * 4) + (number * 8), 8));
        return new TokenRange(offset / MegatronFormat.TokenBytes(_code), length);
    }

    private void Widen(ReadOnlySpan<byte> bytes, Span<int> tokens)
    {
        if (_code == MegatronFormat.Int32Code)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(tokens));
            return;
        }

        var narrow = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = narrow[i];
        }
    }

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new BadInputException($"The shard {fault}; build the corpus again.");
        }
    }

    /// <summary>A file's bytes in memory; an empty file has none.</summary>
    private sealed class MappedFile : IDisposable
    {
        private readonly MemoryMappedFile? _file;
        private readonly MemoryMappedViewAccessor? _view;
        private readonly byte* _start;

        public MappedFile(string path)
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw new BadInputException($"The corpus file '{path}' is missing; build the corpus again.");
            }

            Length = info.Length;
            if (Length == 0)
            {
                return;
            }

            _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        }

        public long Length { get; }

        public ReadOnlySpan<byte> Bytes(long offset, int count) => new(_start + offset, count);

        public void Dispose()
        {
            if (_view is not null)
            {
                _view.SafeMemoryMappedViewHandle.ReleasePointer();
                _view.Dispose();
                _file!.Dispose();
            }
        }
    }
}
