using System.Diagnostics;
using Orchestrator.Training.Collectives;
using Xunit;

namespace Orchestrator.Tests.Training.Collectives;

public sealed unsafe class GlooCommunicatorTests
{
    private static long Piece(int from, int to) => from == to ? 5 : (from * 1000) + (to * 37);

    private static byte Content(int from, int to, long at) => (byte)((from * 31) + (to * 17) + at);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void All_to_all_hands_every_rank_its_piece_in_rank_order_and_empty_pieces_are_allowed(int worldSize)
    {
        Ranks.Run(worldSize, ranks =>
        {
            var me = ranks.Rank;
            var send = Enumerable.Range(0, worldSize).Select(to => Piece(me, to)).ToArray();
            var receive = Enumerable.Range(0, worldSize).Select(from => Piece(from, me)).ToArray();
            using var source = new Memory(send.Sum());
            using var target = new Memory(receive.Sum());
            for (int round = 0, at = 0; round < 3; round++, at = 0)
            {
                for (var to = 0; to < worldSize; to++)
                {
                    for (var i = 0; i < send[to]; i++)
                    {
                        source.Span[at++] = Content(me, to, i + round);
                    }
                }

                target.Span.Clear();
                ranks.AllToAll(source.Pointer, send, target.Pointer, receive);

                at = 0;
                for (var from = 0; from < worldSize; from++)
                {
                    for (var i = 0; i < receive[from]; i++)
                    {
                        Assert.Equal(Content(from, me, i + round), target.Span[at++]);
                    }
                }
            }
        });
    }

    [Theory]
    [InlineData(2, 1000)]
    [InlineData(4, 1000)]
    [InlineData(4, 5_000_000)]
    public void All_gather_in_place_gives_every_rank_every_piece(int worldSize, int bytes)
    {
        Ranks.Run(worldSize, ranks =>
        {
            var sizes = Enumerable.Range(0, worldSize).Select(rank => (long)bytes + rank).ToArray();
            using var memory = new Memory(sizes.Sum());
            memory.Span.Clear();
            var own = (int)sizes.Take(ranks.Rank).Sum();
            memory.Span.Slice(own, (int)sizes[ranks.Rank]).Fill((byte)(ranks.Rank + 1));

            ranks.AllGather(memory.Pointer, sizes);

            for (int rank = 0, at = 0; rank < worldSize; at += (int)sizes[rank], rank++)
            {
                Assert.Equal(-1, memory.Span.Slice(at, (int)sizes[rank]).IndexOfAnyExcept((byte)(rank + 1)));
            }
        });
    }

    [Theory]
    [InlineData(2, 0, 100)]
    [InlineData(3, 2, 100)]
    [InlineData(3, 1, 3_000_001)]
    [InlineData(2, 1, 0)]
    public void Broadcast_copies_the_roots_bytes_to_every_rank(int worldSize, int root, int bytes)
    {
        Ranks.Run(worldSize, ranks =>
        {
            using var memory = new Memory(bytes);
            for (var i = 0; i < bytes; i++)
            {
                memory.Span[i] = ranks.Rank == root ? (byte)(i * 7) : (byte)0;
            }

            ranks.Broadcast(memory.Pointer, bytes, root);

            for (var i = 0; i < bytes; i++)
            {
                Assert.Equal((byte)(i * 7), memory.Span[i]);
            }
        });
    }

    [Fact]
    public void No_rank_leaves_a_barrier_before_the_last_has_come()
    {
        var arrived = 0;
        Ranks.Run(4, ranks =>
        {
            for (var round = 1; round <= 50; round++)
            {
                Interlocked.Increment(ref arrived);
                ranks.Barrier();
                Assert.True(Volatile.Read(ref arrived) >= 4 * round);
                ranks.Barrier();
            }
        });
    }

    [Fact]
    public void A_rank_that_leaves_in_good_order_after_the_last_call_disturbs_nobody()
    {
        for (var round = 0; round < 20; round++)
        {
            Ranks.Run(3, ranks => ranks.Barrier());
        }
    }

    [Fact]
    public void Abort_from_another_thread_ends_a_pending_call_at_once_and_every_later_one()
    {
        Ranks.Run(2, ranks =>
        {
            if (ranks.Rank == 1)
            {
                // Never comes to the barrier, so that rank 0 waits until it aborts; then this rank sees it gone.
                Assert.Throws<PeerLostException>(() => Receive(ranks));
                return;
            }

            long aborted = 0;
            using var timer = new Timer(_ =>
            {
                Volatile.Write(ref aborted, Stopwatch.GetTimestamp());
                ranks.Abort();
            });
            timer.Change(TimeSpan.FromMilliseconds(100), Timeout.InfiniteTimeSpan);
            var thrown = Assert.Throws<PeerLostException>(() => Receive(ranks));
            Assert.True(Stopwatch.GetElapsedTime(Volatile.Read(ref aborted)) < TimeSpan.FromMilliseconds(500));
            Assert.Contains("aborted", thrown.Message, StringComparison.Ordinal);
            Assert.Throws<PeerLostException>(ranks.Barrier);
        });

        static void Receive(ICommunicator ranks)
        {
            using var memory = new Memory(16);
            ranks.Broadcast(memory.Pointer, 16, root: 1 - ranks.Rank);
        }
    }

    [Fact]
    public void A_peer_that_is_silent_for_longer_than_the_time_out_is_named()
    {
        using var over = new ManualResetEventSlim();
        Ranks.Run(
            3,
            ranks =>
            {
                if (ranks.Rank == 2)
                {
                    over.Wait(Ranks.Patience);
                    return;
                }

                var started = Stopwatch.GetTimestamp();
                var thrown = Assert.Throws<PeerLostException>(ranks.Barrier);
                over.Set();
                Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
                if (thrown.Message.Contains("nothing for", StringComparison.Ordinal))
                {
                    Assert.Equal(2, thrown.Rank);
                }
            },
            TimeSpan.FromMilliseconds(700));
    }

    [Fact]
    public void A_rank_that_never_comes_fails_the_connection_after_the_time_out()
    {
        var thrown = Assert.Throws<PeerLostException>(() =>
            new GlooCommunicator(new InProcessStore(), 0, 2, "alone", TimeSpan.FromMilliseconds(200)));
        Assert.Contains("alone/1", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_that_published_its_address_and_died_fails_the_connection_after_the_time_out()
    {
        var store = new InProcessStore();
        Assert.Throws<PeerLostException>(() => new GlooCommunicator(store, 1, 2, "dead", TimeSpan.FromMilliseconds(50)));

        var thrown = Assert.Throws<PeerLostException>(() => new GlooCommunicator(store, 0, 2, "dead", TimeSpan.FromSeconds(1)));

        Assert.Equal(1, thrown.Rank);
    }

    [Fact]
    public void Connecting_ends_when_its_token_is_cancelled_while_a_rank_has_not_come()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var started = Stopwatch.GetTimestamp();

        Assert.ThrowsAny<OperationCanceledException>(() =>
            new GlooCommunicator(new InProcessStore(), 0, 2, "cancel", TimeSpan.FromSeconds(60), cancellationToken: source.Token));

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Connecting_ends_when_its_token_is_cancelled_while_a_rank_that_died_is_waited_for()
    {
        // Who calls whom goes by addresses: where this rank calls, it is refused at once and there is nothing to cancel.
        for (var attempt = 0; attempt < 40; attempt++)
        {
            var store = new InProcessStore();
            Assert.Throws<PeerLostException>(() => new GlooCommunicator(store, 1, 2, "cancel", TimeSpan.FromMilliseconds(20)));
            using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            var started = Stopwatch.GetTimestamp();
            var thrown = Record.Exception(() => new GlooCommunicator(store, 0, 2, "cancel", TimeSpan.FromSeconds(60), cancellationToken: source.Token));
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
            if (thrown is OperationCanceledException)
            {
                return;
            }

            Assert.Contains("could not be reached", Assert.IsType<PeerLostException>(thrown).Message, StringComparison.Ordinal);
        }

        Assert.Fail("The token was never heeded.");
    }

    [Fact]
    public void What_a_slow_rank_has_yet_to_read_outlasts_a_fast_ranks_leaving()
    {
        for (var round = 0; round < 5; round++)
        {
            Ranks.Run(4, ranks =>
            {
                const int bytes = 3_000_000;
                using var memory = new Memory(4 * bytes);
                memory.Span.Slice(ranks.Rank * bytes, bytes).Fill((byte)(ranks.Rank + 1));
                ranks.AllGather(memory.Pointer, [bytes, bytes, bytes, bytes]);
                Assert.Equal([1, 2, 3, 4], Enumerable.Range(0, 4).Select(rank => memory.Span[((rank + 1) * bytes) - 1]));
            });
        }
    }

    [Fact]
    public void A_host_that_is_not_this_machine_is_refused()
    {
        var thrown = Assert.Throws<InvalidOperationException>(() =>
            new GlooCommunicator(new InProcessStore(), 0, 2, "host", TimeSpan.FromSeconds(1), host: "192.0.2.1"));
        Assert.NotEmpty(thrown.Message);
    }
}
