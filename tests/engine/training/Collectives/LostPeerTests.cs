using System.Diagnostics;
using System.Globalization;
using System.Text;
using Orchestrator.Training.Collectives;
using Xunit;

namespace Orchestrator.Tests.Training.Collectives;

/// <summary>Ranks as real processes, one of which is killed.</summary>
public sealed unsafe class LostPeerTests
{
    private const int Bytes = 64 << 10;

    [Theory]
    [InlineData("all-to-all")]
    [InlineData("wait-for-a-slow-peer")]
    public void A_kill_is_noticed_by_every_survivor_within_200_ms_and_the_survivors_go_on_together(string work)
    {
        using var server = new StoreServer();
        var children = Enumerable.Range(0, 3).Select(rank => new ChildProcess(
            typeof(LostPeerTests), nameof(Rank), work, rank.ToString(CultureInfo.InvariantCulture), server.Port.ToString(CultureInfo.InvariantCulture))).ToArray();
        try
        {
            server.Store.Wait(["working/0", "working/1", "working/2"], Ranks.Patience);

            var killed = Stopwatch.GetTimestamp();
            children[2].Kill();

            foreach (var survivor in new[] { 0, 1 })
            {
                var lost = Encoding.UTF8.GetString(server.Store.Get($"lost/{survivor}", Ranks.Patience)).Split(' ', 2);
                var milliseconds = (long.Parse(lost[0], CultureInfo.InvariantCulture) - killed) * 1000.0 / Stopwatch.Frequency;
                Assert.True(milliseconds < 200, $"rank {survivor} noticed after {milliseconds:F0} ms: {lost[1]}");
                Assert.Contains("2", lost[1], StringComparison.Ordinal);
            }

            Assert.True(children[0].Wait() == 0, children[0].Output);
            Assert.True(children[1].Wait() == 0, children[1].Output);
        }
        finally
        {
            Array.ForEach(children, child => child.Dispose());
        }
    }

    /// <summary>One rank: works until a peer is lost, says so, and goes on with the survivors under another prefix.</summary>
    [Fact(Explicit = true)]
    public void Rank()
    {
        var (work, rank, port) = (ChildProcess.Arguments[0], int.Parse(ChildProcess.Arguments[1], CultureInfo.InvariantCulture), int.Parse(ChildProcess.Arguments[2], CultureInfo.InvariantCulture));
        var store = new RemoteStore(port);
        using (var ranks = new GlooCommunicator(store, rank, 3, "g1", Ranks.Patience))
        {
            var thrown = Assert.Throws<PeerLostException>(() => Work(ranks, work, store));
            var now = Stopwatch.GetTimestamp();
            store.Set($"lost/{rank}", Encoding.UTF8.GetBytes($"{now} {thrown.Rank} {thrown.Message}"));
        }

        using var survivors = new GlooCommunicator(store, rank, 2, "g2", Ranks.Patience);
        using var memory = new Memory(2 * Bytes);
        memory.Span.Clear();
        memory.Span.Slice(rank * Bytes, Bytes).Fill((byte)(rank + 1));
        survivors.AllGather(memory.Pointer, [Bytes, Bytes]);
        Assert.Equal([1, 2], new[] { memory.Span[0], memory.Span[Bytes] });
        survivors.Barrier();
    }

    private static void Work(GlooCommunicator ranks, string work, RemoteStore store)
    {
        using var send = new Memory(3 * Bytes);
        using var receive = new Memory(3 * Bytes);
        long[] sizes = [Bytes, Bytes, Bytes];
        ranks.Barrier();
        store.Set($"working/{ranks.Rank}", [1]);
        if (work == "all-to-all")
        {
            while (true)
            {
                ranks.AllToAll(send.Pointer, sizes, receive.Pointer, sizes);
            }
        }

        // Rank 1 is still computing when rank 2 dies: rank 0 waits for rank 1, which has nothing to complain of.
        if (ranks.Rank == 1)
        {
            _ = store.Get("lost/0", Ranks.Patience);
        }

        ranks.Broadcast(send.Pointer, Bytes, root: 1);
        ranks.Barrier();
        throw new InvalidOperationException("Nobody was killed.");
    }
}
