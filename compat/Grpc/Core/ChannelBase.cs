namespace Grpc.Core;

/// <summary>A way to a server, shared by clients.</summary>
public abstract class ChannelBase
{
    /// <summary>Creates a channel to a target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The host and port.</summary>
    public string Target { get; }

    /// <summary>An invoker over this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Shuts the channel down.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>What shutting down does.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
