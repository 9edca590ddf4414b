using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A tensor of libtorch. The wrapper owns one reference, given back by <see cref="Dispose()"/>, by the dispose scope in which the
    /// tensor was made, or at last by the finalizer.
    /// </summary>
    public unsafe partial class Tensor : IDisposable
    {
        private static long _totalCount;
        private static long _peakCount;
        internal nint handle;

        internal Tensor(nint handle, bool register = true)
        {
            this.handle = handle;
            var total = Interlocked.Increment(ref _totalCount);
            if (total > _peakCount)
            {
                _peakCount = total;
            }

            if (register)
            {
                OwningDisposeScope = DisposeScopeManager.ThreadSingleton.Register(this);
            }
        }

        ~Tensor() => Dispose(false);

        /// <summary>How many wrappers are alive in the process.</summary>
        public static long TotalCount => Interlocked.Read(ref _totalCount);

        /// <summary>The most wrappers that were alive at once.</summary>
        public static long PeakCount => _peakCount;

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

        internal DisposeScope? OwningDisposeScope { get; set; }

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
            if (held == 0)
            {
                return;
            }

            if (disposing)
            {
                DisposeScopeManager.ThreadSingleton.Disposing(this);
                OwningDisposeScope?.Forget(this);
                OwningDisposeScope = null;
            }

            Interlocked.Decrement(ref _totalCount);
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

            OwningDisposeScope?.Forget(this);
            OwningDisposeScope = null;
            return MoveHandle();
        }

        internal nint MoveHandle()
        {
            Interlocked.Decrement(ref _totalCount);
            return Interlocked.Exchange(ref handle, 0);
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
