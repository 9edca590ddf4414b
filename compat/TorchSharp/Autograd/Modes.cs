using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Sets a mode of this thread until disposed.</summary>
internal sealed class ModeScope(int which, bool value) : IDisposable
{
    private readonly int _before = Native.orc_torch_mode(which, value ? 1 : 0);
    private bool _disposed;

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _ = Native.orc_torch_mode(which, _before);
        }
    }
}

internal sealed class InferenceScope(bool mode) : IDisposable
{
    private nint _guard = Native.orc_torch_inference_enter(mode ? 1 : 0);

    public void Dispose()
    {
        var guard = Interlocked.Exchange(ref _guard, 0);
        if (guard != 0)
        {
            Native.orc_torch_inference_leave(guard);
        }
    }
}

/// <summary>Makes the engine check what flows backward, until disposed.</summary>
public class AnomalyMode : IDisposable
{
    private readonly bool _enabledBefore = IsEnabled;
    private readonly bool _checkedBefore = ShouldCheckNaN;

    public AnomalyMode(bool enabled, bool check_nan = true) => Set(enabled, check_nan);

    public static bool IsEnabled => Native.orc_torch_mode(1, -1) != 0;

    public static bool ShouldCheckNaN => Native.orc_torch_mode(2, -1) != 0;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Set(_enabledBefore, _checkedBefore);
        }
    }

    private static void Set(bool enabled, bool checkNaN)
    {
        _ = Native.orc_torch_mode(1, enabled ? 1 : 0);
        _ = Native.orc_torch_mode(2, checkNaN ? 1 : 0);
    }
}

public static partial class torch
{
    /// <summary>Records nothing for the backward pass on this thread until disposed.</summary>
    public static IDisposable no_grad() => new ModeScope(0, false);

    public static IDisposable enable_grad(bool enabled = true) => new ModeScope(0, enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new ModeScope(0, mode);

    public static bool is_grad_enabled() => Native.orc_torch_mode(0, -1) != 0;

    public static IDisposable inference_mode(bool mode = true) => new InferenceScope(mode);

    public static bool is_inference_mode_enabled() => Native.orc_torch_mode(3, -1) != 0;
}
