using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orchestrator.Training.Native;

/// <summary>A mesh of native/collectives.</summary>
internal sealed class MeshHandle() : SafeHandle(invalidHandleValue: 0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        MeshLibrary.Destroy(handle);
        return true;
    }
}

/// <summary>The C ABI of native/collectives, one to one. Functions return a status: 0 done, 1 peer lost, 2 failed, 3 the store failed.</summary>
internal static unsafe partial class MeshLibrary
{
    public const int Done = 0;
    public const int PeerLost = 1;
    public const int StoreFailed = 3;
    private const string Library = "orchestrator_collectives";

    /// <summary>Text and lost rank (-1: not known) of this thread's last failure.</summary>
    [LibraryImport(Library, EntryPoint = "orc_mesh_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial byte* Error(out int rank);

    [LibraryImport(Library, EntryPoint = "orc_mesh_create", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int Create(int rank, int size, string host, long timeoutMilliseconds, out MeshHandle mesh);

    [LibraryImport(Library, EntryPoint = "orc_mesh_connect", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int Connect(
        MeshHandle mesh,
        string prefix,
        void* state,
        delegate* unmanaged[Cdecl]<void*, byte*, byte*, long, int> set,
        delegate* unmanaged[Cdecl]<void*, byte*, void*, delegate* unmanaged[Cdecl]<void*, byte*, long, void>, int> get);

    [LibraryImport(Library, EntryPoint = "orc_mesh_all_to_all")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int AllToAll(MeshHandle mesh, void* send, long* sendBytes, void* receive, long* receiveBytes);

    [LibraryImport(Library, EntryPoint = "orc_mesh_all_gather")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int AllGather(MeshHandle mesh, void* buffer, long* bytes);

    [LibraryImport(Library, EntryPoint = "orc_mesh_broadcast")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int Broadcast(MeshHandle mesh, void* buffer, long bytes, int root);

    [LibraryImport(Library, EntryPoint = "orc_mesh_barrier")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int Barrier(MeshHandle mesh);

    [LibraryImport(Library, EntryPoint = "orc_mesh_abort", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Abort(MeshHandle mesh, string reason);

    [LibraryImport(Library, EntryPoint = "orc_mesh_await_loss")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial int AwaitLoss(MeshHandle mesh);

    [LibraryImport(Library, EntryPoint = "orc_mesh_retire")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Retire(MeshHandle mesh);

    [LibraryImport(Library, EntryPoint = "orc_mesh_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    public static partial void Destroy(nint mesh);

    /// <summary>Where native code calls the rendezvous store; nothing is thrown through it.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int StoreSet(void* state, byte* key, byte* bytes, long count)
    {
        var bridge = (StoreBridge)GCHandle.FromIntPtr((nint)state).Target!;
        return bridge.Try(() => bridge.Set(Marshal.PtrToStringUTF8((nint)key)!, new ReadOnlySpan<byte>(bytes, checked((int)count))));
    }

    /// <summary>As <see cref="StoreSet"/>; the value goes to the sink.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int StoreGet(void* state, byte* key, void* sink, delegate* unmanaged[Cdecl]<void*, byte*, long, void> take)
    {
        var bridge = (StoreBridge)GCHandle.FromIntPtr((nint)state).Target!;
        return bridge.Try(() =>
        {
            var value = bridge.Get(Marshal.PtrToStringUTF8((nint)key)!);
            fixed (byte* bytes = value)
            {
                take(sink, bytes, value.Length);
            }
        });
    }
}
