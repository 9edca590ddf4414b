using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A stream of random numbers on one device.</summary>
    public class Generator : IDisposable
    {
        private nint _handle;

        public unsafe Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            nint created;
            Failure.Check(Native.orc_torch_generator((int)this.device.type, this.device.index, 0, &created));
            _handle = created;
            manual_seed((long)seed);
        }

        private Generator(nint handle, Device device)
        {
            _handle = handle;
            this.device = device;
        }

        ~Generator() => Dispose(false);

        /// <summary>The CPU's own stream, which operators use when no generator is given.</summary>
        public static unsafe Generator Default
        {
            get
            {
                nint shared;
                Failure.Check(Native.orc_torch_generator((int)DeviceType.CPU, -1, 1, &shared));
                return new Generator(shared, CPU);
            }
        }

        public IntPtr Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public Device device { get; }

        public Generator manual_seed(long seed)
        {
            Seed(0, seed);
            return this;
        }

        /// <summary>Seeds the stream from the machine's entropy and says with what.</summary>
        public long seed() => Seed(1, 0);

        public long initial_seed() => Seed(2, 0);

        public unsafe Tensor get_state()
        {
            nint state = 0;
            Failure.Check(Native.orc_torch_generator_state(Handle, &state, 0));
            GC.KeepAlive(this);
            return new Tensor(state);
        }

        public unsafe void set_state(Tensor value)
        {
            var state = value.Handle;
            var status = Native.orc_torch_generator_state(Handle, &state, 1);
            GC.KeepAlive(value);
            GC.KeepAlive(this);
            Failure.Check(status);
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0)
            {
                Native.orc_torch_generator_release(handle);
            }
        }

        private unsafe long Seed(int which, long seed)
        {
            long result;
            Failure.Check(Native.orc_torch_generator_seed(Handle, which, seed, &result));
            GC.KeepAlive(this);
            return result;
        }
    }

    /// <summary>Seeds the default generator of every device.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static long seed() => random.seed();

    public static long initial_seed() => random.initial_seed();

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    public static partial class random
    {
        public static Generator manual_seed(long seed)
        {
            Failure.Check(Native.orc_torch_manual_seed(seed));
            return Generator.Default;
        }

        public static long seed()
        {
            using var generator = Generator.Default;
            return generator.seed();
        }

        public static long initial_seed()
        {
            using var generator = Generator.Default;
            return generator.initial_seed();
        }

        public static Tensor get_rng_state()
        {
            using var generator = Generator.Default;
            return generator.get_state();
        }

        public static void set_rng_state(Tensor new_state)
        {
            using var generator = Generator.Default;
            generator.set_state(new_state);
        }
    }
}
