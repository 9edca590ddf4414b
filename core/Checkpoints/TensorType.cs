namespace Orchestrator.Core.Checkpoints;

/// <summary>Number formats of safetensors files that the product reads and writes; the names are the format's own.</summary>
public enum TensorType
{
    /// <summary>IEEE single.</summary>
    F32,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>IEEE half.</summary>
    F16,

    /// <summary>IEEE double.</summary>
    F64,

    /// <summary>Signed 64 bits.</summary>
    I64,

    /// <summary>Signed 32 bits.</summary>
    I32,

    /// <summary>Unsigned 8 bits.</summary>
    U8,
}

/// <summary>What is known of the number formats.</summary>
public static class TensorTypes
{
    /// <summary>Bytes of one value.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.F64 or TensorType.I64 => 8,
        TensorType.F32 or TensorType.I32 => 4,
        TensorType.BF16 or TensorType.F16 => 2,
        _ => 1,
    };
}
