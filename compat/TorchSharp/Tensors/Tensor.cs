using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A tensor of libtorch. The wrapper owns one reference, given back by <see cref="Dispose()"/> or by the dispose scope in which the
    /// tensor was made; at last by a finalizer, which a tensor in a scope has no need of: its scope has one.
    /// </summary>
    public unsafe partial class Tensor : IDisposable
    {
        internal nint handle;
        internal int slot;
        private DisposeScope? _scope;
        private ReferenceGuard? _guard;

        internal Tensor(nint handle, bool register = true)
        {
            this.handle = handle;
            if (register && handle != 0)
            {
                _scope = DisposeScopeManager.ThreadSingleton.Register(this);
            }

            if (_scope is null && handle != 0)
            {
                _guard = ReferenceGuard.Of(handle);
            }
        }

        /// <summary>How many tensors are held in the process.</summary>
        public static long TotalCount => Native.orc_torch_live(0);

        /// <summary>The most tensors that were held at once.</summary>
        public static long PeakCount => Native.orc_torch_live(1);

        /// <summary>A friendly name, for people.</summary>
        public string? name { get; set; }

        /// <summary>Whether the tensor was disposed.</summary>
        public bool IsInvalid => handle == 0;

        /// <summary>The native handle.</summary>
        /// <exception cref="InvalidOperationException">The tensor was disposed.</exception>
        public IntPtr Handle
        {
            get
            {
                if (handle == 0)
                {
                    ThrowEmpty();
                }

                return handle;
            }
        }

        internal DisposeScope? OwningDisposeScope
        {
            get => _scope;
            set
            {
                _scope = value;
                if (value is not null)
                {
                    Disarm();
                }
                else if (handle != 0)
                {
                    _guard ??= ReferenceGuard.Of(handle);
                }
            }
        }

        /// <summary>Wraps a native handle, whose reference becomes the wrapper's.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        /// <summary>The tensor of a handle that may be null.</summary>
        internal static Tensor? OrNull(nint handle) => handle == 0 ? null : new Tensor(handle);

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var held = Interlocked.Exchange(ref handle, 0);
            if (held == 0 || !Disarm())
            {
                return;
            }

            if (disposing)
            {
                DisposeScopeManager.ThreadSingleton.Disposing(this);
                _scope?.Forget(this);
            }

            _scope = null;
            Native.orc_torch_release(held);
        }

        /// <summary>Moves the tensor to the scope around its own; out of all scopes if there is none.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of all scopes.</summary>
        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is null)
            {
                other?.Attach(this);
            }
            else
            {
                OwningDisposeScope.MoveToOther(other, this);
            }

            return this;
        }

        /// <summary>Hands the native reference to the caller; the wrapper is empty afterwards.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            if (handle == 0)
            {
                ThrowEmpty();
            }

            _scope?.Forget(this);
            _scope = null;
            return MoveHandle();
        }

        /// <summary>Hands the reference on; the wrapper is empty afterwards.</summary>
        internal nint MoveHandle()
        {
            Disarm();
            return Interlocked.Exchange(ref handle, 0);
        }

        /// <summary>Releases the reference of a tensor whose scope nobody disposed and nobody can reach any more.</summary>
        internal void Abandon()
        {
            var held = Interlocked.Exchange(ref handle, 0);
            if (held != 0)
            {
                Native.orc_torch_release(held);
            }
        }

        // False if the guard's finalizer was here before: another object's finalizer disposes a tensor of its own.
        private bool Disarm()
        {
            if (_guard is not { } guard)
            {
                return true;
            }

            _guard = null;
            return guard.Disarm();
        }

        /// <summary>The native facts, read afresh.</summary>
        internal TensorMeta Meta()
        {
            TensorMeta meta;
            var status = Native.orc_torch_meta(Handle, &meta);
            GC.KeepAlive(this);
            Failure.Check(status);
            return meta;
        }

        /// <summary>The native facts of a tensor whose elements are about to be touched.</summary>
        /// <exception cref="InvalidOperationException">The tensor has no memory: libtorch hands out such zeros as gradients.</exception>
        internal TensorMeta MemoryMeta()
        {
            var meta = Meta();
            return meta.Data != 0 || meta.Count == 0 || meta.IsSparse || meta.DeviceType != (int)DeviceType.CPU
                ? meta
                : throw new InvalidOperationException("The tensor stands for zeros and has no memory; clone() gives it some.");
        }

        private static void ThrowEmpty() => throw new InvalidOperationException("Tensor invalid -- empty handle.");
    }

    /// <summary>A new innermost dispose scope for this thread.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    /// <summary>This thread's innermost dispose scope.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ThreadSingleton.CurrentDisposeScope;

    /// <summary>Runs an expression and keeps, of all the tensors it makes, only its result.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }
}
