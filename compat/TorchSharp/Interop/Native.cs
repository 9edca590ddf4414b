using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

// Argument frames on the stack are written before they are read; clearing them first would cost more than a small operator.
[module: SkipLocalsInit]

namespace TorchSharp.Interop;

/// <summary>What native/torch says about a tensor; the layout is that of OrcMeta in torch_abi.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TensorMeta
{
    public nint Data;
    public long Count;
    public long StorageOffset;
    public int DType;
    public int DeviceType;
    public int DeviceIndex;
    public int Rank;
    public int ElementSize;
    public int Flags;

    public readonly bool RequiresGrad => (Flags & 1) != 0;
    public readonly bool IsLeaf => (Flags & 2) != 0;
    public readonly bool IsContiguous => (Flags & 4) != 0;
    public readonly bool IsSparse => (Flags & 8) != 0;
}

/// <summary>One value on its way into or out of an operator; the layout is that of OrcValue in torch_abi.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public int Tag;
    public int Aux;
    public long Bits;
}

/// <summary>Every function of native/torch. Nothing else in this assembly calls native code.</summary>
internal static unsafe partial class Native
{
    private const string Library = "orchestrator_torch";

    // The library lies beside the program, wherever the program was started from.
    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }

        var file = Path.Combine(AppContext.BaseDirectory, "liborchestrator_torch.so");
        return NativeLibrary.Load(File.Exists(file) ? file : "liborchestrator_torch.so");
    }

    [LibraryImport(Library)] internal static partial byte* orc_torch_error();
    [LibraryImport(Library)] internal static partial nint orc_torch_managed_error();
    [LibraryImport(Library)] internal static partial int orc_torch_find(byte* name, byte* overload, nint* op);
    [LibraryImport(Library)] internal static partial int orc_torch_call(nint op, NativeValue* arguments, int count, NativeValue* results, int capacity, int* resultCount);
    [LibraryImport(Library)] internal static partial void orc_torch_retain(nint tensor);
    [LibraryImport(Library)] internal static partial void orc_torch_release(nint tensor);
    [LibraryImport(Library)] internal static partial int orc_torch_meta(nint tensor, TensorMeta* meta);
    [LibraryImport(Library)] internal static partial int orc_torch_shape(nint tensor, long* sizes, long* strides);
    [LibraryImport(Library)] internal static partial int orc_torch_storage(nint tensor, nint* data, long* bytes);
    [LibraryImport(Library)] internal static partial int orc_torch_from_blob(nint data, long* sizes, int rank, int dtype, int deviceType, int deviceIndex, delegate* unmanaged<nint, void> release, nint context, nint* result);
    [LibraryImport(Library)] internal static partial int orc_torch_set_data(nint tensor, nint source);
    [LibraryImport(Library)] internal static partial int orc_torch_set_requires_grad(nint tensor, int value);
    [LibraryImport(Library)] internal static partial int orc_torch_grad(nint tensor, nint* result);
    [LibraryImport(Library)] internal static partial int orc_torch_set_grad(nint tensor, nint grad);
    [LibraryImport(Library)] internal static partial long orc_torch_live(int which);
    [LibraryImport(Library)] internal static partial int orc_torch_backward(nint* tensors, int count, nint* gradients, int retainGraph, int createGraph, nint* inputs, int inputCount);
    [LibraryImport(Library)] internal static partial int orc_torch_gradients(nint* outputs, int count, nint* inputs, int inputCount, nint* gradients, int retainGraph, int createGraph, int allowUnused, nint* results);
    [LibraryImport(Library)] internal static partial int orc_torch_mode(int which, int value);
    [LibraryImport(Library)] internal static partial nint orc_torch_inference_enter(int value);
    [LibraryImport(Library)] internal static partial void orc_torch_inference_leave(nint guard);
    [LibraryImport(Library)] internal static partial int orc_torch_node_create(delegate* unmanaged<nint, nint, nint*, int, nint*, int, nint*, int> backward, delegate* unmanaged<nint, void> release, delegate* unmanaged<nint, void> releaseException, nint context, nint* inputs, int count, int executable, nint* node);
    [LibraryImport(Library)] internal static partial int orc_torch_node_wrap(nint node, nint* inputs, int inputCount, nint* nonDifferentiable, int nonDifferentiableCount, nint* dirty, int dirtyCount, nint* outputs, int outputCount, int executable, nint* results);
    [LibraryImport(Library)] internal static partial int orc_torch_node_save(nint node, nint* tensors, int count);
    [LibraryImport(Library)] internal static partial int orc_torch_node_saved(nint nodeInBackward, int index, nint* result);
    [LibraryImport(Library)] internal static partial int orc_torch_node_output(nint nodeInBackward, int index, nint* zeros);
    [LibraryImport(Library)] internal static partial void orc_torch_node_release(nint node);
    [LibraryImport(Library)] internal static partial byte* orc_torch_version();
    [LibraryImport(Library)] internal static partial byte* orc_torch_config();
    [LibraryImport(Library)] internal static partial int orc_torch_threads(int which, int value);
    [LibraryImport(Library)] internal static partial int orc_torch_cuda(int which);
    [LibraryImport(Library)] internal static partial int orc_torch_cuda_synchronize(int device);
    [LibraryImport(Library)] internal static partial int orc_torch_flag(int which, int value);
    [LibraryImport(Library)] internal static partial int orc_torch_manual_seed(long seed);
    [LibraryImport(Library)] internal static partial int orc_torch_cuda_seed(long seed, int all);
    [LibraryImport(Library)] internal static partial int orc_torch_generator(int deviceType, int deviceIndex, int isDefault, nint* generator);
    [LibraryImport(Library)] internal static partial int orc_torch_generator_seed(nint generator, int which, long seed, long* result);
    [LibraryImport(Library)] internal static partial int orc_torch_generator_state(nint generator, nint* state, int set);
    [LibraryImport(Library)] internal static partial void orc_torch_generator_release(nint generator);
}
