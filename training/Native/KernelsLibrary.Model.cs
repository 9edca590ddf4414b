using System.Runtime.InteropServices;

namespace Orchestrator.Training.Native;

/// <summary>Gates, layer norm, biases, rotary positions, embedding and attention.</summary>
internal static unsafe partial class KernelsLibrary
{
    [LibraryImport(Library, EntryPoint = "orc_gated_gelu")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void GatedGelu(float* h, float* y, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_gated_gelu_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void GatedGeluBackward(float* gradY, float* h, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_relu_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void ReluBackward(float* grad, float* y, long count);

    [LibraryImport(Library, EntryPoint = "orc_gelu")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Gelu(float* h, float* bias, float* y, long rows, long width, int exact);

    [LibraryImport(Library, EntryPoint = "orc_gelu_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void GeluBackward(float* grad, float* h, long rows, long width, int exact);

    [LibraryImport(Library, EntryPoint = "orc_layer_norm")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void LayerNorm(float* x, float* weight, float* bias, float* y, float* meanRstd, long rows, long width, double epsilon);

    [LibraryImport(Library, EntryPoint = "orc_layer_norm_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void LayerNormBackward(
        float* x, float* weight, float* gradY, float* meanRstd, float* gradX, float* gradWeight, float* gradBias, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_add_bias")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void AddBias(float* x, float* bias, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_bias_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void BiasBackward(float* grad, float* gradBias, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_rotate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Rotate(
        float* x, long rows, long rowStride, long heads, long headStride, long pairs, long* positions, float* table, float direction);

    [LibraryImport(Library, EntryPoint = "orc_embedding_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void EmbeddingBackward(float* grad, long* ids, float* table, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_row_products")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void RowProducts(float* x, float* w, float* onto, float* y, long rows, long outputs, long width);

    [LibraryImport(Library, EntryPoint = "orc_attention_rows")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void AttentionRows(NativeAttention* shape, float* q, float* k, float* v, float* o);

    [LibraryImport(Library, EntryPoint = "orc_attention")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int Attention(NativeAttention* shape, float* q, float* k, float* v, float* o, float* probabilities);

    [LibraryImport(Library, EntryPoint = "orc_attention_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int AttentionBackward(
        NativeAttention* shape, float* q, float* k, float* v, float* gradO, float* probabilities, float* gradQ, float* gradK, float* gradV, float* gradBias);
}

/// <summary>As Attention in native/kernels: sizes, strides in values, and what is seen.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeAttention
{
    public long Batch;
    public long Heads;
    public long Queries;
    public long Keys;
    public long Width;
    public long QHead;
    public long KHead;
    public long QBatch;
    public long QRow;
    public long KBatch;
    public long KRow;
    public long VBatch;
    public long VRow;
    public long OBatch;
    public long ORow;
    public float* Bias;
    public long BiasHeads;
    public long BiasOrigin;
    public byte* Keep;
    public float* ValueScale;
    public long Causal;
    public long CausalOffset;
    public long* QuerySegments;
    public long* KeySegments;
    public float Scale;
}
