using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>
/// Releases the reference of a tensor outside all scopes that nobody disposed. It is an object of its own so that tensors in
/// scopes, nearly all there are, cost the collector nothing.
/// </summary>
internal sealed class ReferenceGuard
{
    // Registering a finalizer costs as much as a small operator, so a guard whose tensor was disposed waits for the next one.
    private const int MostSpares = 256;

    [ThreadStatic]
    private static ReferenceGuard? _spares;

    private nint _held;
    private int _depth;
    private ReferenceGuard? _next;

    ~ReferenceGuard()
    {
        if (_held != 0)
        {
            Native.orc_torch_release(_held);
            _held = 0;
        }
    }

    internal static ReferenceGuard Of(nint held)
    {
        var guard = _spares ?? new ReferenceGuard();
        _spares = guard._next;
        guard._next = null;
        guard._held = held;
        return guard;
    }

    /// <summary>Leaves the reference to the caller; false if it was released already.</summary>
    internal bool Disarm()
    {
        if (_held == 0)
        {
            return false;
        }

        _held = 0;
        var spares = _spares;
        _depth = spares is null ? 1 : spares._depth + 1;
        if (_depth > MostSpares)
        {
            GC.SuppressFinalize(this);
        }
        else
        {
            _next = spares;
            _spares = this;
        }

        return true;
    }
}
