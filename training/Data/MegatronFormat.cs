namespace Orchestrator.Training.Data;

/// <summary>Megatron-LM's indexed dataset, as its <c>indexed_dataset.py</c> reads it: NAME.bin holds tokens, NAME.idx where they are.</summary>
/// <remarks>
/// The index, little-endian: "MMIDIDX\0\0", u64 version 1, u8 type code, u64 sequences S, u64 document bounds D,
/// S x i32 lengths in tokens, S x i64 byte offsets into .bin, D x i64 document bounds (sequence numbers, the first 0, the last S).
/// Here a document is one sequence, so D = S + 1.
/// </remarks>
internal static class MegatronFormat
{
    /// <summary>Bytes before the lengths.</summary>
    public const int HeaderBytes = 34;

    /// <summary>What an index starts with.</summary>
    public static ReadOnlySpan<byte> Magic => "MMIDIDX\0\0"u8;

    /// <summary>Megatron's code of int32.</summary>
    public const byte Int32Code = 4;

    /// <summary>Megatron's code of uint16.</summary>
    public const byte UInt16Code = 8;

    /// <summary>The type Megatron chooses for a vocabulary: uint16 below 65,500 tokens, else int32.</summary>
    public static byte CodeFor(int vocabularySize) => vocabularySize < 65_500 ? UInt16Code : Int32Code;

    /// <summary>Bytes of a token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is of another type.</exception>
    public static int TokenBytes(byte code) => code switch
    {
        UInt16Code => 2,
        Int32Code => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "Tokens are uint16 (8) or int32 (4)."),
    };
}
