namespace Orchestrator.Core.Data;

/// <summary>What can be known of a spiece.model without SentencePiece: it is a protobuf message whose field 1 is repeated, a piece each.</summary>
public static class SentencePieceFile
{
    private const int LengthDelimited = 2;

    /// <summary>The number of pieces.</summary>
    /// <exception cref="InvalidDataException">It is no SentencePiece model.</exception>
    public static int CountPieces(ReadOnlySpan<byte> model)
    {
        var pieces = 0;
        while (!model.IsEmpty)
        {
            var tag = Varint(ref model);
            ulong length = (tag & 7) switch
            {
                0 => Skipped(ref model),
                1 => 8,
                LengthDelimited => Varint(ref model),
                5 => 4,
                _ => ulong.MaxValue,
            };
            if (length > (ulong)model.Length)
            {
                throw new InvalidDataException("it is not a SentencePiece model");
            }

            model = model[(int)length..];
            pieces += tag == (1 << 3 | LengthDelimited) ? 1 : 0;
        }

        return pieces > 0 ? pieces : throw new InvalidDataException("it is not a SentencePiece model");
    }

    private static ulong Skipped(ref ReadOnlySpan<byte> bytes)
    {
        Varint(ref bytes);
        return 0;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (bytes.IsEmpty)
            {
                break;
            }

            var next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("it is not a SentencePiece model");
    }
}
