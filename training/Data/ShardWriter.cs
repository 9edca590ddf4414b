using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Orchestrator.Training.Data;

/// <summary>Writes one Megatron shard, document by document: PATH.bin as they come, PATH.idx at <see cref="Complete"/>.</summary>
/// <param name="path">The shard's path without extension.</param>
/// <param name="vocabularySize">Decides the number format: uint16 below 65,500, else int32.</param>
public sealed class ShardWriter(string path, int vocabularySize) : IDisposable
{
    private readonly FileStream _tokens = new(path + ".bin", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
    private readonly byte _code = MegatronFormat.CodeFor(vocabularySize);
    private readonly List<int> _lengths = [];
    private byte[] _buffer = [];

    /// <summary>Documents written.</summary>
    public int Documents => _lengths.Count;

    /// <summary>Tokens written.</summary>
    public long Tokens { get; private set; }

    /// <summary>Appends a document.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token is not of the vocabulary.</exception>
    public void Add(ReadOnlySpan<int> tokens)
    {
        var size = tokens.Length * MegatronFormat.TokenBytes(_code);
        if (_buffer.Length < size)
        {
            _buffer = new byte[Math.Max(size, 2 * _buffer.Length)];
        }

        if (_code == MegatronFormat.UInt16Code)
        {
            var narrow = MemoryMarshal.Cast<byte, ushort>(_buffer.AsSpan(0, size));
            for (var i = 0; i < tokens.Length; i++)
            {
                Require(tokens[i]);
                narrow[i] = (ushort)tokens[i];
            }
        }
        else
        {
            foreach (var token in tokens)
            {
                Require(token);
            }

            MemoryMarshal.AsBytes(tokens).CopyTo(_buffer);
        }

        _tokens.Write(_buffer, 0, size);
        _lengths.Add(tokens.Length);
        Tokens += tokens.Length;
    }

    /// <summary>Writes the index and sends both files to the disk.</summary>
    public void Complete()
    {
        _tokens.Flush(flushToDisk: true);
        WriteIndex(path + ".idx", _code, _lengths, offset: 0);
    }

    /// <summary>Writes an index: sequences of these lengths end to end, from a byte of the file of tokens on.</summary>
    internal static void WriteIndex(string path, byte code, List<int> lengths, long offset)
    {
        using var index = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        Span<byte> header = stackalloc byte[MegatronFormat.HeaderBytes];
        MegatronFormat.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[9..], 1);
        header[17] = code;
        BinaryPrimitives.WriteUInt64LittleEndian(header[18..], (ulong)lengths.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(header[26..], (ulong)lengths.Count + 1);
        index.Write(header);
        index.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(lengths)));
        Span<byte> number = stackalloc byte[8];
        foreach (var length in lengths)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, offset);
            index.Write(number);
            offset += (long)length * MegatronFormat.TokenBytes(code);
        }

        for (var document = 0L; document <= lengths.Count; document++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, document);
            index.Write(number);
        }

        index.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _tokens.Dispose();

    private void Require(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, vocabularySize);
    }
}
