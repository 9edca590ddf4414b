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
        private static long _totalCount;
        private static long _peakCount;
        internal nint handle;
        private DisposeScope? _scope;
        private ReferenceGuard? _guard;

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
                _scope = DisposeScopeManager.ThreadSingleton.Register(this);
            }

            if (_scope is null && handle != 0)
            {
                _guard = new ReferenceGuard(handle);
            }
        }

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
                    _guard ??= new ReferenceGuard(handle);
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
            Disarm();
            var held = Interlocked.Exchange(ref handle, 0);
            if (held == 0)
            {
                return;
            }

            if (disposing)
            {
                DisposeScopeManager.ThreadSingleton.Disposing(this);
                _scope?.Forget(this);
            }

            _scope = null;
            Release(held);
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
            Interlocked.Decrement(ref _totalCount);
            return Interlocked.Exchange(ref handle, 0);
        }

        /// <summary>Releases the reference of a tensor whose scope nobody disposed and nobody can reach any more.</summary>
        internal void Abandon()
        {
            var held = Interlocked.Exchange(ref handle, 0);
            if (held != 0)
            {
                Release(held);
            }
        }

        private static void Release(nint held)
        {
            Interlocked.Decrement(ref _totalCount);
            Native.orc_torch_release(held);
        }

        private void Disarm()
        {
            if (_guard is { } guard)
            {
                GC.SuppressFinalize(guard);
                _guard = null;
            }
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

        /// <summary>
        /// Releases the reference of a tensor outside all scopes that nobody disposed. It is an object of its own so that tensors in
        /// scopes, nearly all there are, cost the collector nothing.
        /// </summary>
        private sealed class ReferenceGuard(nint held)
        {
            ~ReferenceGuard() => Release(held);
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
