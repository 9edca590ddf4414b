using Grpc.Core.Internal;

namespace Grpc.Core
{
    /// <summary>What a caller says about one call.</summary>
    public struct CallOptions
    {
        private CallFlags _flags;

        /// <summary>Creates options.</summary>
        /// <param name="headers">Metadata to send.</param>
        /// <param name="deadline">When the call ends with DeadlineExceeded; UTC. Null: never.</param>
        /// <param name="cancellationToken">Ends the call with Cancelled.</param>
        /// <param name="writeOptions">How messages are written.</param>
        /// <param name="propagationToken">What a parent call passes on.</param>
        /// <param name="credentials">Credentials of this call.</param>
        public CallOptions(
            Metadata? headers = null,
            DateTime? deadline = null,
            CancellationToken cancellationToken = default,
            WriteOptions? writeOptions = null,
            ContextPropagationToken? propagationToken = null,
            CallCredentials? credentials = null)
        {
            Headers = headers;
            Deadline = deadline;
            CancellationToken = cancellationToken;
            WriteOptions = writeOptions;
            PropagationToken = propagationToken;
            Credentials = credentials;
            _flags = default;
        }

        /// <summary>Metadata to send.</summary>
        public Metadata? Headers { get; private set; }

        /// <summary>When the call ends with DeadlineExceeded; UTC.</summary>
        public DateTime? Deadline { get; private set; }

        /// <summary>Ends the call with Cancelled.</summary>
        public CancellationToken CancellationToken { get; private set; }

        /// <summary>How messages are written.</summary>
        public WriteOptions? WriteOptions { get; private set; }

        /// <summary>What a parent call passes on.</summary>
        public ContextPropagationToken? PropagationToken { get; private set; }

        /// <summary>Credentials of this call.</summary>
        public CallCredentials? Credentials { get; private set; }

        /// <summary>Whether the call waits for a connection instead of failing with Unavailable.</summary>
        public readonly bool IsWaitForReady => _flags.HasFlag(CallFlags.WaitForReady);

        /// <summary>The same options with other headers.</summary>
        public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

        /// <summary>The same options with another deadline.</summary>
        public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

        /// <summary>The same options with another token.</summary>
        public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) =>
            this with { CancellationToken = cancellationToken };

        /// <summary>The same options with other write options.</summary>
        public readonly CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

        /// <summary>The same options with another propagation token.</summary>
        public readonly CallOptions WithPropagationToken(ContextPropagationToken propagationToken) =>
            this with { PropagationToken = propagationToken };

        /// <summary>The same options with other credentials.</summary>
        public readonly CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

        /// <summary>The same options, waiting or not waiting for a connection.</summary>
        public readonly CallOptions WithWaitForReady(bool waitForReady = true) => this with
        {
            _flags = waitForReady ? _flags | CallFlags.WaitForReady : _flags & ~CallFlags.WaitForReady,
        };
    }

    /// <summary>How a message is written.</summary>
    [Flags]
    public enum WriteFlags
    {
        /// <summary>The message may wait for the next one before it is sent.</summary>
        BufferHint = 0x1,

        /// <summary>The message is not compressed even if the call is.</summary>
        NoCompress = 0x2,
    }

    /// <summary>How messages are written.</summary>
    public class WriteOptions
    {
        /// <summary>No flags.</summary>
        public static readonly WriteOptions Default = new();

        /// <summary>Creates options.</summary>
        public WriteOptions(WriteFlags flags = default) => Flags = flags;

        /// <summary>The flags.</summary>
        public WriteFlags Flags { get; }
    }

    /// <summary>What of a call is passed on to calls made while it is served.</summary>
    public class ContextPropagationOptions
    {
        /// <summary>Deadline and cancellation.</summary>
        public static readonly ContextPropagationOptions Default = new();

        /// <summary>Creates options.</summary>
        public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
        {
            IsPropagateDeadline = propagateDeadline;
            IsPropagateCancellation = propagateCancellation;
        }

        /// <summary>Whether the deadline is passed on.</summary>
        public bool IsPropagateDeadline { get; }

        /// <summary>Whether cancellation is passed on.</summary>
        public bool IsPropagateCancellation { get; }
    }

    /// <summary>Carries a parent call's deadline and cancellation. Nothing creates one here, as in grpc-dotnet.</summary>
    public abstract class ContextPropagationToken
    {
        internal ContextPropagationToken()
        {
        }
    }
}

namespace Grpc.Core.Internal
{
    [Flags]
    internal enum CallFlags
    {
        None = 0,
        WaitForReady = 0x20,
    }
}
