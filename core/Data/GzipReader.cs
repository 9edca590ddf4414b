using System.IO.Compression;

namespace Orchestrator.Core.Data;

/// <summary>Reads gzip files of any number of members (RFC 1952) and goes on behind damaged ones.</summary>
/// <remarks>
/// The decoder is fed in pieces that end where a member may start. What a piece decodes to is held back, up to 4 MB, until the decoder asks
/// for the next: so a damaged member of that size gives nothing instead of half of its text. Damage is told by an exception of
/// <see cref="Read(Span{byte})"/>; the next call goes on at the next place where a member starts. That a file ends too early,
/// which the decoder does not tell, is seen by the length in its last four bytes.
/// </remarks>
/// <param name="source">The compressed bytes; not closed with this one.</param>
public sealed class GzipReader(Stream source) : ReadOnlyStream
{
    private const int MaxHeld = 4 << 20;
    private const int MaxStarts = 64;

    private readonly GzipPieces _pieces = new(source);
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly Queue<uint> _starts = new();
    private MemoryStream _held = new();
    private MemoryStream _sure = new();
    private int _taken;
    private GZipStream? _decoder;
    private uint _decoded;
    private InvalidDataException? _damage;
    private bool _isAtEnd;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A member is damaged; the next call goes on behind it.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_taken == _sure.Length)
        {
            if (_isAtEnd)
            {
                return 0;
            }

            (_sure, _taken) = (Emptied(_sure), 0);
            Decode();
        }

        var count = (int)Math.Min(buffer.Length, _sure.Length - _taken);
        _sure.GetBuffer().AsSpan(_taken, count).CopyTo(buffer);
        _taken += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static MemoryStream Emptied(MemoryStream stream)
    {
        stream.SetLength(0);
        return stream;
    }

    /// <summary>Decodes until something is sure, or the end.</summary>
    private void Decode()
    {
        if (_damage is { } damage)
        {
            _damage = null;
            throw damage;
        }

        if (_decoder is null && !Open())
        {
            _isAtEnd = true;
            return;
        }

        while (_sure.Length == 0)
        {
            var piece = _pieces.Number;
            int read;
            try
            {
                read = _decoder!.Read(_buffer);
            }
            catch (InvalidDataException)
            {
                EndPieces(piece);
                Break("is damaged");
                return;
            }

            EndPieces(piece);
            if (read == 0)
            {
                End();
                return;
            }

            _held.Write(_buffer, 0, read);
            _decoded += (uint)read;
            if (_held.Length >= MaxHeld)
            {
                BeSure();
            }
        }
    }

    private bool Open()
    {
        if (_pieces.Offset == 0 && !_pieces.IsAtEnd && !_pieces.IsAtStart)
        {
            _pieces.ToNextStart();
            throw new InvalidDataException("it is not gzip, as its name says");
        }

        if (!_pieces.ToNextStart())
        {
            return false;
        }

        _decoder = new GZipStream(_pieces, CompressionMode.Decompress, leaveOpen: true);
        _decoded = 0;
        _starts.Clear();
        return true;
    }

    private void End()
    {
        if (!_pieces.IsAtEnd)
        {
            Break("does not start as a member does");
        }
        else if (!_starts.Any(start => _decoded - start == _pieces.LastWord))
        {
            Break("ends before it is complete");
        }
        else
        {
            BeSure();
            _isAtEnd = true;
        }
    }

    /// <summary>Takes what is held for sure where the decoder asked for a new piece: it does so only when it gave everything of those before.</summary>
    private void EndPieces(long piece)
    {
        if (_pieces.Number == piece)
        {
            return;
        }

        BeSure();
        _starts.Enqueue(_decoded);
        if (_starts.Count > MaxStarts)
        {
            _starts.Dequeue();
        }
    }

    private void BeSure()
    {
        if (_sure.Length == 0)
        {
            (_sure, _held) = (_held, Emptied(_sure));
        }
    }

    /// <summary>Drops what is not sure; the damage is told when the rest was read.</summary>
    private void Break(string how)
    {
        _held = Emptied(_held);
        _decoder?.Dispose();
        _decoder = null;
        _damage = new InvalidDataException($"the gzip member at byte {_pieces.LastStart} {how}");
    }
}
