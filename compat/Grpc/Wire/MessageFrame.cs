using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>One message as it travels: a flag byte, the length in four bytes (big endian), and the bytes.</summary>
internal sealed class MessageFrame : SerializationContext, IBufferWriter<byte>
{
    private const int Prefix = 5;
    private byte[] _buffer = [];
    private int _length = Prefix;
    private bool _complete;

    private MessageFrame()
    {
    }

    /// <summary>The frame's bytes.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>Serializes a message and frames it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="serializer">Writes it.</param>
    /// <param name="maxSize">The largest serialized message to send, bytes; null: any.</param>
    /// <param name="compression">Compresses the message; null: it goes as it is.</param>
    /// <param name="level">The level of compression; null: the provider's own.</param>
    /// <exception cref="RpcException"><see cref="StatusCode.ResourceExhausted"/> if the message is larger than allowed.</exception>
    public static MessageFrame Of<T>(
        T message, Action<T, SerializationContext> serializer, int? maxSize, ICompressionProvider? compression, CompressionLevel? level)
    {
        var frame = new MessageFrame();
        serializer(message, frame);
        if (!frame._complete)
        {
            throw new InvalidOperationException("The serializer ended without calling SerializationContext.Complete.");
        }

        if (frame._length - Prefix > maxSize)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }

        if (compression is not null)
        {
            frame.Compress(compression, level);
        }

        frame.EnsureCapacity(0);
        frame._buffer[0] = compression is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteInt32BigEndian(frame._buffer.AsSpan(1), frame._length - Prefix);
        return frame;
    }

    public override void SetPayloadLength(int payloadLength) => EnsureCapacity(payloadLength);

    public override IBufferWriter<byte> GetBufferWriter() => this;

    public override void Complete() => _complete = true;

    public override void Complete(byte[] payload)
    {
        EnsureCapacity(payload.Length);
        payload.CopyTo(_buffer.AsSpan(_length));
        _length += payload.Length;
        _complete = true;
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureCapacity(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureCapacity(sizeHint);
        return _buffer.AsSpan(_length);
    }

    private void EnsureCapacity(int more)
    {
        if (_buffer.Length - _length >= more && _buffer.Length >= Prefix)
        {
            return;
        }

        // The first size is exact: generated code says the length before it writes.
        var size = Math.Max(checked(_length + more), Math.Min(_buffer.Length * 2L, Array.MaxLength));
        Array.Resize(ref _buffer, (int)size);
    }

    private void Compress(ICompressionProvider compression, CompressionLevel? level)
    {
        using var packed = new MemoryStream();
        packed.Write(stackalloc byte[Prefix]);
        using (var stream = compression.CreateCompressionStream(packed, level))
        {
            stream.Write(_buffer, Prefix, _length - Prefix);
        }

        _buffer = packed.ToArray();
        _length = _buffer.Length;
    }
}
