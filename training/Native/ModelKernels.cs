using System.Runtime.InteropServices;

namespace Orchestrator.Training.Native;

/// <summary>The fused kernels of native/model; model.h says what each does.</summary>
internal static unsafe partial class ModelKernels
{
    private const string Library = "orchestrator_model";

    /// <summary>Sizes and strides of an attention.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Attention
    {
        public long Batch, Heads, Queries, Keys, Width;
        public long QBatch, QRow, KBatch, KRow, VBatch, VRow, OBatch, ORow;
        public float* Bias;
        public long BiasHeads, BiasOrigin;
        public float* KeyMask;
        public float* ValueScale;
        public long Causal, CausalOffset;
    }

    [LibraryImport(Library, EntryPoint = "orc_model_geglu_forward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void GegluForward(float* h, float* y, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_model_geglu_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void GegluBackward(float* dy, float* h, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_model_relu_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void ReluBackward(float* dy, float* y, long count);

    [LibraryImport(Library, EntryPoint = "orc_model_embedding_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void EmbeddingBackward(float* gradient, long* ids, float* table, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_model_attention_forward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int AttentionForward(Attention* shape, float* q, float* k, float* v, float* o, float* probabilities);

    [LibraryImport(Library, EntryPoint = "orc_model_attention_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int AttentionBackward(
        Attention* shape, float* q, float* k, float* v, float* gradient, float* probabilities, float* dq, float* dk, float* dv, float* dbias);
}
