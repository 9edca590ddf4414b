using System.Runtime.InteropServices;

namespace Orchestrator.Training.Native;

/// <summary>The C ABI of native/kernels, one to one.</summary>
internal static unsafe partial class KernelsLibrary
{
    private const string Library = "orchestrator_kernels";

    [LibraryImport(Library, EntryPoint = "orc_kernels_name")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial byte* Name();

    [LibraryImport(Library, EntryPoint = "orc_kernels_set_threads")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void SetThreads(int count);

    [LibraryImport(Library, EntryPoint = "orc_add")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Add(float* into, float* a, float* b, long count);

    [LibraryImport(Library, EntryPoint = "orc_tree_sum")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void TreeSum(float** parts, int* into, int* from, int pairs, long count);

    [LibraryImport(Library, EntryPoint = "orc_scale")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Scale(float* values, long count, float factor);

    [LibraryImport(Library, EntryPoint = "orc_sum_squares")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial double SumSquares(float* values, long count);

    [LibraryImport(Library, EntryPoint = "orc_first_non_finite")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial long FirstNonFinite(float* values, long count);

    [LibraryImport(Library, EntryPoint = "orc_to_bfloat16")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void ToBFloat16(ushort* into, float* from, long count);

    [LibraryImport(Library, EntryPoint = "orc_from_bfloat16")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void FromBFloat16(float* into, ushort* from, long count);

    [LibraryImport(Library, EntryPoint = "orc_digest")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial ulong Digest(void* bytes, long count, ulong seed);

    [LibraryImport(Library, EntryPoint = "orc_adafactor_step")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void AdafactorStep(NativeAdafactorTensor* tensor, NativeAdafactorStep* step);

    [LibraryImport(Library, EntryPoint = "orc_adam_step")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void AdamStep(float* weights, float* gradient, float* first, float* second, long count, NativeAdamStep* step);

    [LibraryImport(Library, EntryPoint = "orc_cross_entropy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void CrossEntropy(
        float* logits, long* targets, long rows, long vocabulary, long ignored, double zLoss, NativeSmoothing smoothing, float gradScale, int backward, float* rowLosses,
        CrossEntropyResult* result);

    [LibraryImport(Library, EntryPoint = "orc_rms_norm")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void RmsNorm(float* x, float* weight, float* y, float* inverse, long rows, long width, double epsilon);

    [LibraryImport(Library, EntryPoint = "orc_rms_norm_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void RmsNormBackward(
        float* x, float* weight, float* gradY, float* inverse, float* gradX, float* gradWeight, long rows, long width);

    [LibraryImport(Library, EntryPoint = "orc_softmax")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Softmax(float* scores, float* bias, byte* keep, long batch, long heads, long queries, long keys, int causal);

    [LibraryImport(Library, EntryPoint = "orc_softmax_backward")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void SoftmaxBackward(float* grad, float* probabilities, float* gradBias, long batch, long heads, long queries, long keys);
}

/// <summary>As LabelSmoothing in native/kernels.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeSmoothing
{
    public double Share;
    public double Entropy;
}

/// <summary>As AdafactorTensor in native/kernels.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeAdafactorTensor
{
    public float* Weight;
    public float* Grad;
    public float* State;
    public float* Momentum;
    public long Batch;
    public long Rows;
    public long Columns;
    public int Factored;
    public int BySlice;
}

/// <summary>As AdafactorStep in native/kernels.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeAdafactorStep
{
    public double LearningRate;
    public double Decay;
    public double ClipThreshold;
    public double Epsilon1;
    public double Epsilon2;
    public double MaxScale;
    public double Beta1;
    public double WeightDecay;
    public float GradScale;
    public int ScaleParameter;
    public int DecayByRate;
}

/// <summary>As AdamStep in native/kernels.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeAdamStep
{
    public float Rate;
    public float Beta1;
    public float Beta2;
    public float Root;
    public float Epsilon;
    public float Keep;
    public float GradScale;
}
