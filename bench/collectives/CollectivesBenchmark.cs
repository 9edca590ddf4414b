using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestrator.Core.Plans;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Native;

namespace Orchestrator.Bench.Collectives;

/// <summary>What an order of additions that does not depend on the number of ranks costs: the canonical tree beside a plain ring all-reduce over the same connections.</summary>
/// <remarks>
/// Ranks are threads of one process, connected by Gloo over loopback; the product's shared memory between ranks of one machine is measured apart. The tree
/// is given one node a rank (as many slots as ranks), as the ring is given one sum a rank. The two alternate, so that both see the same machine.
/// </remarks>
internal static unsafe class CollectivesBenchmark
{
    public static int Run(string[] arguments)
    {
        long values = 9_437_184;
        var rounds = 20;
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var known = arguments[i] is "--values" or "--rounds";
            if (!known || i + 1 >= arguments.Length || !long.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            {
                Console.Error.WriteLine($"bench collectives: {arguments[i]}: the options are --values N and --rounds N, numbers from 1.");
                return 2;
            }

            (values, rounds) = arguments[i] == "--values" ? (number, rounds) : (values, (int)number);
        }

        Kernels.Threads = 1;
        foreach (var world in new[] { 2, 4 })
        {
            Console.WriteLine(Measure(world, values, rounds).ToJsonString());
        }

        return 0;
    }

    private static JsonObject Measure(int world, long values, int rounds)
    {
        var store = new InProcessStore();
        var times = new Dictionary<string, List<double>> { ["tree"] = [], ["ring"] = [], ["tree_shared_memory"] = [] };
        var threads = Enumerable.Range(0, world).Select(rank => new Thread(() => Rank(store, rank, world, values, rounds, rank == 0 ? times : null))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        var (tree, ring) = (Median(times["tree"]), Median(times["ring"]));
        return new JsonObject
        {
            ["bench"] = "collectives",
            ["workers"] = world,
            ["values"] = values,
            ["tree_ms"] = tree,
            ["ring_ms"] = ring,
            ["ratio"] = tree / ring,
            ["tree_shared_memory_ms"] = Median(times["tree_shared_memory"]),
        };
    }

    private static void Rank(InProcessStore store, int rank, int world, long values, int rounds, Dictionary<string, List<double>>? times)
    {
        using var ranks = new GlooCommunicator(store, rank, world, $"bench/{world}", TimeSpan.FromMinutes(2));
        using var gradient = new UnmanagedBuffer(values * sizeof(float));
        using var sum = new UnmanagedBuffer(values * sizeof(float));
        using var piece = new UnmanagedBuffer(((values / world) + 64) * sizeof(float));
        var shares = SlotTree.Share(world, world);
        using var tree = new TreeSum(shares, ranks, gradient.Floats, values, shareMemory: false);
        using var shared = new TreeSum(shares, ranks, gradient.Floats, values);
        for (var i = 0L; i < values; i++)
        {
            gradient.Floats[i] = rank + (i % 7);
        }

        // One round to warm up.
        for (var round = 0; round <= rounds; round++)
        {
            Time("tree", () =>
            {
                tree.SumShare(_ => { });
                tree.SumAcrossRanks();
            });
            Time("ring", () => Ring(ranks, gradient, sum, piece, values));
            Time("tree_shared_memory", () =>
            {
                shared.SumShare(_ => { });
                shared.SumAcrossRanks();
            });

            void Time(string name, Action work)
            {
                ranks.Barrier();
                var started = Stopwatch.GetTimestamp();
                work();
                if (round > 0)
                {
                    times?[name].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
            }
        }
    }

    // Reduce-scatter and all-gather around the ring: at each turn a chunk goes to the next rank.
    private static void Ring(GlooCommunicator ranks, UnmanagedBuffer gradient, UnmanagedBuffer sum, UnmanagedBuffer piece, long values)
    {
        var (rank, world) = (ranks.Rank, ranks.WorldSize);
        var (next, before) = ((rank + 1) % world, (rank + world - 1) % world);
        Buffer.MemoryCopy(gradient.Start, sum.Start, sum.Bytes, sum.Bytes);
        for (var turn = 0; turn < world - 1; turn++)
        {
            var (first, count) = Chunk(rank - turn);
            var (into, received) = Chunk(rank - turn - 1);
            Pass(sum.Floats + first, count, piece.Floats, received);
            Kernels.Add(sum.Floats + into, piece.Floats, received);
        }

        for (var turn = 0; turn < world - 1; turn++)
        {
            var (first, count) = Chunk(rank - turn + 1);
            var (into, received) = Chunk(rank - turn);
            Pass(sum.Floats + first, count, sum.Floats + into, received);
        }

        (long First, long Count) Chunk(int number)
        {
            var chunk = ((number % world) + world) % world;
            var begin = values * chunk / world;
            return (begin, (values * (chunk + 1) / world) - begin);
        }

        void Pass(float* send, long count, float* receive, long received)
        {
            Span<long> sends = stackalloc long[world];
            Span<long> receives = stackalloc long[world];
            sends.Clear();
            receives.Clear();
            sends[next] = count * sizeof(float);
            receives[before] = received * sizeof(float);
            ranks.AllToAll(send, sends, receive, receives);
        }
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
