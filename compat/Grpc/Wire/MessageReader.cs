using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>Reads framed messages from a pipe. Both sides use it.</summary>
/// <param name="pipe">Where the bytes come from.</param>
/// <param name="maxSize">The largest message taken, bytes, also after decompression; null: any.</param>
/// <param name="encoding">The compression that the peer named; null: none.</param>
/// <param name="compressions">The compressions known, by name.</param>
internal sealed class MessageReader(
    PipeReader pipe, int? maxSize, string? encoding, IReadOnlyDictionary<string, ICompressionProvider> compressions)
{
    private const int Prefix = 5;

    /// <summary>Reads the next message.</summary>
    /// <returns>Null at the end of the stream.</returns>
    /// <exception cref="RpcException">The frame or the message is malformed, or larger than allowed.</exception>
    // Hot: each of ten thousand sessions always waits in a read, so that what a wait holds would outlive every collection.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        // Hot: a frame that is here already is read without a suspension, and one that is waited for with one suspended method fewer than ReadAtLeastAsync has.
        ReadResult read;
        while (true)
        {
            if (!pipe.TryRead(out read))
            {
                read = await pipe.ReadAsync(cancellationToken);
            }

            ThrowIfCanceled(read);
            if (read.Buffer.Length >= Prefix || read.IsCompleted)
            {
                break;
            }

            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        if (read.Buffer.Length < Prefix)
        {
            var empty = read.Buffer.IsEmpty;
            pipe.AdvanceTo(read.Buffer.End);
            return empty ? null : throw Fault(StatusCode.Internal, "Incomplete message.");
        }

        var (compressed, length) = ReadPrefix(read.Buffer);
        if (read.Buffer.Length < Prefix + length)
        {
            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await pipe.ReadAtLeastAsync(Prefix + length, cancellationToken);
            ThrowIfCanceled(read);
            if (read.Buffer.Length < Prefix + length)
            {
                pipe.AdvanceTo(read.Buffer.End);
                throw Fault(StatusCode.Internal, "Incomplete message.");
            }
        }

        var payload = read.Buffer.Slice(Prefix, length);
        var end = payload.End;
        try
        {
            return Deserialize(compressed ? Decompress(payload) : payload, deserializer);
        }
        finally
        {
            pipe.AdvanceTo(end);
        }
    }

    /// <summary>Ends the read in progress, or else the next one, with <see cref="OperationCanceledException"/>.</summary>
    public void CancelRead()
    {
        try
        {
            pipe.CancelPendingRead();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The request is over, which the read says itself.
        }
    }

    private void ThrowIfCanceled(ReadResult read)
    {
        if (read.IsCanceled)
        {
            pipe.AdvanceTo(read.Buffer.Start);
            throw new OperationCanceledException();
        }
    }

    private static RpcException Fault(StatusCode code, string detail, Exception? cause = null) => new(new Status(code, detail, cause));

    private static T Deserialize<T>(ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer)
        where T : class
    {
        try
        {
            return deserializer(new Payload(payload)) ?? throw Fault(StatusCode.Internal, "The deserializer returned no message.");
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Fault(StatusCode.Internal, "Failed to deserialize the message.", exception);
        }
    }

    private (bool Compressed, int Length) ReadPrefix(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[Prefix];
        buffer.Slice(0, Prefix).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        var fault = prefix[0] switch
        {
            > 1 => Fault(StatusCode.Internal, "Unexpected compressed flag value in message header."),
            1 when encoding is null => Fault(StatusCode.Internal, "A compressed message came without a grpc-encoding header."),
            1 when encoding == Protocol.Identity => Fault(StatusCode.Internal, "A compressed message came with grpc-encoding 'identity'."),
            _ => null,
        };
        if (fault is null && length > (maxSize ?? Array.MaxLength - Prefix))
        {
            fault = Fault(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");
        }

        if (fault is not null)
        {
            pipe.AdvanceTo(buffer.End);
            throw fault;
        }

        return (prefix[0] == 1, (int)length);
    }

    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload)
    {
        if (!compressions.TryGetValue(encoding!, out var compression))
        {
            throw Fault(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'.");
        }

        try
        {
            using var packed = new MemoryStream(payload.ToArray());
            using var stream = compression.CreateDecompressionStream(packed);
            var unpacked = new ArrayBufferWriter<byte>((int)Math.Min(payload.Length * 2 + 256, 1 << 20));
            while (true)
            {
                var count = stream.Read(unpacked.GetSpan(4096));
                if (count == 0)
                {
                    return new(unpacked.WrittenMemory);
                }

                unpacked.Advance(count);
                if (unpacked.WrittenCount > maxSize)
                {
                    throw Fault(StatusCode.ResourceExhausted, "Decompressed message exceeds the maximum configured message size.");
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw Fault(StatusCode.Internal, "Failed to decompress the message.", exception);
        }
    }

    private sealed class Payload(ReadOnlySequence<byte> bytes) : DeserializationContext
    {
        public override int PayloadLength => (int)bytes.Length;

        public override byte[] PayloadAsNewBuffer() => bytes.ToArray();

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => bytes;
    }
}
