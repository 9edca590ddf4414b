using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Protos.V1;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Worker.Coordination;

/// <summary>The coordinator's rendezvous store, for one generation.</summary>
/// <exception cref="PeerLostException">From every call: the generation is over, or the coordinator cannot be reached.</exception>
internal sealed class RpcRendezvousStore(Rendezvous.RendezvousClient client, string runId, long generation) : IRendezvousStore
{
    private static readonly TimeSpan s_setTimeout = TimeSpan.FromSeconds(10);
    private readonly RendezvousScope _scope = new() { RunId = runId, Generation = generation };

    /// <inheritdoc/>
    public void Set(string key, ReadOnlySpan<byte> value)
    {
        var request = new RendezvousSetRequest { Scope = _scope, Key = key, Value = ByteString.CopyFrom(value) };
        Call(key, s_setTimeout, deadline => client.Set(request, deadline: deadline));
    }

    /// <inheritdoc/>
    public byte[] Get(string key, TimeSpan timeout)
    {
        Wait([key], timeout);
        return Call(key, timeout, deadline => client.Get(new RendezvousGetRequest { Scope = _scope, Key = key }, deadline: deadline)).Value.ToByteArray();
    }

    /// <inheritdoc/>
    public void Wait(IReadOnlyList<string> keys, TimeSpan timeout)
    {
        var request = new RendezvousWaitRequest { Scope = _scope };
        request.Keys.Add(keys);
        Call(string.Join(", ", keys), timeout, deadline => client.Wait(request, deadline: deadline));
    }

    private static T Call<T>(string what, TimeSpan timeout, Func<DateTime, T> call)
    {
        try
        {
            return call(TimeProvider.System.GetUtcNow().UtcDateTime + timeout);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.DeadlineExceeded)
        {
            throw new TimeoutException($"The ranks did not meet in {timeout.TotalSeconds:0} s: nobody set {what}.", error);
        }
        catch (RpcException error)
        {
            throw new PeerLostException($"Rendezvous ended: {error.Status.Detail}", inner: error);
        }
    }
}
