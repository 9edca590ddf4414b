using System.Buffers.Binary;

namespace Orchestrator.Core.Data;

/// <summary>A gzip file's bytes; no read goes over a place where a member may start.</summary>
/// <param name="source">The file; not closed with this one.</param>
internal sealed class GzipPieces(Stream source) : ReadOnlyStream
{
    // Magic, deflate, flags without reserved bits (RFC 1952, 2.3.1).
    private const int HeadBytes = 4;

    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _isSourceAtEnd;

    /// <summary>How many places where a member may start were passed.</summary>
    public long Number { get; private set; }

    /// <summary>Bytes passed.</summary>
    public long Offset { get; private set; }

    /// <summary>Where the last such place was.</summary>
    public long LastStart { get; private set; }

    /// <summary>Whether all bytes were passed.</summary>
    public bool IsAtEnd => !Fill();

    /// <summary>Whether a member may start here.</summary>
    public bool IsAtStart => Fill() && Find(0) == 0;

    /// <summary>The last four bytes as a number: of a whole file, the length of its last member's content, modulo 2^32.</summary>
    public uint LastWord { get; private set; }

    /// <summary>Passes everything before the next place where a member may start; false where there is none.</summary>
    public bool ToNextStart()
    {
        while (Fill())
        {
            var next = Find(0);
            if (next == 0)
            {
                return true;
            }

            Pass(next < 0 ? Free() : next);
        }

        return false;
    }

    public override int Read(Span<byte> buffer)
    {
        if (!Fill())
        {
            return 0;
        }

        if (Find(0) == 0)
        {
            Number++;
            LastStart = Offset;
        }

        var next = Find(1);
        var count = Math.Min(buffer.Length, next < 0 ? Free() : next);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        Pass(count);
        return count;
    }

    /// <summary>How much may be passed where no member starts: not the last bytes, which may be a beginning.</summary>
    private int Free() => _isSourceAtEnd ? _end - _start : _end - _start - HeadBytes + 1;

    private void Pass(int count)
    {
        _start += count;
        Offset += count;
    }

    private int Find(int from)
    {
        var rest = _buffer.AsSpan(_start, _end - _start);
        while (true)
        {
            if (from >= rest.Length)
            {
                return -1;
            }

            var found = rest[from..].IndexOf((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08]);
            if (found < 0)
            {
                return -1;
            }

            from += found;
            if (from + 3 >= rest.Length)
            {
                return _isSourceAtEnd ? from : -1;
            }

            if ((rest[from + 3] & 0xE0) == 0)
            {
                return from;
            }

            from++;
        }
    }

    /// <summary>Has at least a member's head in the buffer, unless the file ends before; false at the end.</summary>
    private bool Fill()
    {
        if (_end - _start < HeadBytes && !_isSourceAtEnd)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            while (_end < HeadBytes)
            {
                var read = source.Read(_buffer, _end, _buffer.Length - _end);
                if (read == 0)
                {
                    _isSourceAtEnd = true;
                    break;
                }

                Remember(_buffer.AsSpan(_end, read));
                _end += read;
            }
        }

        return _start < _end;
    }

    private void Remember(ReadOnlySpan<byte> read)
    {
        if (read.Length >= 4)
        {
            LastWord = BinaryPrimitives.ReadUInt32LittleEndian(read[^4..]);
            return;
        }

        foreach (var value in read)
        {
            LastWord = (LastWord >> 8) | ((uint)value << 24);
        }
    }
}
