using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>The version of libtorch.</summary>
    public static string __version__ => Marshal.PtrToStringUTF8((nint)Native.orc_torch_version())!;

    public static int get_num_threads() => Native.orc_torch_threads(0, 0);

    public static void set_num_threads(int num) => SetThreads(0, num);

    public static int get_num_interop_threads() => Native.orc_torch_threads(1, 0);

    public static void set_num_interop_threads(int num) => SetThreads(1, num);

    public static bool cuda_is_available() => cuda.is_available();

    /// <summary>Makes sure that a device can be used; libtorch does so by itself.</summary>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (deviceType == DeviceType.CUDA && !cuda.is_available())
        {
            throw new InvalidOperationException("Torch device type CUDA did not initialise on the current machine.");
        }
    }

    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType != DeviceType.CUDA || cuda.is_available();

    public static Device InitializeDevice(Device? device)
    {
        device ??= get_default_device();
        InitializeDeviceType(device.type);
        return device;
    }

    private static void SetThreads(int which, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (Native.orc_torch_threads(which, count) < 0)
        {
            Failure.Check(1);
        }
    }

    public static partial class cuda
    {
        public static bool is_available() => Native.orc_torch_cuda(0) != 0;

        public static bool is_cudnn_available() => Native.orc_torch_cuda(2) != 0;

        public static int device_count() => Native.orc_torch_cuda(1);

        public static void manual_seed(long seed) => Failure.Check(Native.orc_torch_cuda_seed(seed, 0));

        public static void manual_seed_all(long seed) => Failure.Check(Native.orc_torch_cuda_seed(seed, 1));

        public static void synchronize(Device? device = null) => Failure.Check(Native.orc_torch_cuda_synchronize(device?.index ?? -1));
    }

    /// <summary>Switches of the libraries under libtorch.</summary>
    public static class backends
    {
        public static class cuda
        {
            public static class matmul
            {
                public static bool allow_tf32
                {
                    get => Native.orc_torch_flag(2, -1) == 1;
                    set => _ = Native.orc_torch_flag(2, value ? 1 : 0);
                }

                public static bool allow_fp16_reduced_precision_reduction
                {
                    get => Native.orc_torch_flag(4, -1) == 1;
                    set => _ = Native.orc_torch_flag(4, value ? 1 : 0);
                }
            }

            public static bool flash_sdp_enabled() => Native.orc_torch_flag(6, -1) == 1;

            public static void enable_flash_sdp(bool enable) => _ = Native.orc_torch_flag(6, enable ? 1 : 0);

            public static bool math_sdp_enabled() => Native.orc_torch_flag(7, -1) == 1;

            public static void enable_math_sdp(bool enable) => _ = Native.orc_torch_flag(7, enable ? 1 : 0);
        }

        public static class cudnn
        {
            public static bool allow_tf32
            {
                get => Native.orc_torch_flag(3, -1) == 1;
                set => _ = Native.orc_torch_flag(3, value ? 1 : 0);
            }
        }
    }

    /// <summary>Makes operators that could differ from run to run fail, until disposed.</summary>
    public static IDisposable use_deterministic_algorithms(bool mode = true, bool warn_only = false)
    {
        var before = (are_deterministic_algorithms_enabled(), is_deterministic_algorithms_warn_only_enabled());
        SetDeterministic(mode, warn_only);
        return new Restored(() => SetDeterministic(before.Item1, before.Item2));
    }

    public static bool is_deterministic_algorithms_warn_only_enabled() => Native.orc_torch_flag(1, -1) == 1;

    private static void SetDeterministic(bool mode, bool warnOnly)
    {
        _ = Native.orc_torch_flag(0, mode ? 1 : 0);
        _ = Native.orc_torch_flag(1, warnOnly ? 1 : 0);
    }

    private sealed class Restored(Action undo) : IDisposable
    {
        private Action? _undo = undo;

        public void Dispose() => Interlocked.Exchange(ref _undo, null)?.Invoke();
    }

    public static bool are_deterministic_algorithms_enabled() => Native.orc_torch_flag(0, -1) == 1;
}
