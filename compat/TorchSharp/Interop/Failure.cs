using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Turns a native status into the exception it stands for.</summary>
internal static unsafe class Failure
{
    /// <summary>Throws unless the status is 0: libtorch's text as an <see cref="ExternalException"/>, or what a managed callback threw.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
        {
            Throw(status);
        }
    }

    /// <summary>Holds an exception for its way through native code; <see cref="Check"/> throws it on the other side.</summary>
    internal static nint Hold(Exception exception) =>
        GCHandle.ToIntPtr(GCHandle.Alloc(ExceptionDispatchInfo.Capture(exception)));

    [DoesNotReturn]
    private static void Throw(int status)
    {
        var held = status == 2 ? Native.orc_torch_managed_error() : 0;
        if (held != 0)
        {
            var handle = GCHandle.FromIntPtr(held);
            var thrown = (ExceptionDispatchInfo)handle.Target!;
            handle.Free();
            thrown.Throw();
        }

        throw new ExternalException(Marshal.PtrToStringUTF8((nint)Native.orc_torch_error()) ?? "libtorch failed without a text.");
    }
}
