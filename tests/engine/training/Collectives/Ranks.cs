using System.Runtime.InteropServices;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Tests.Training.Collectives;

/// <summary>Ranks as threads of this process.</summary>
internal static class Ranks
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Runs one thread a rank to its end and throws what any of them threw.</summary>
    public static void Run(int worldSize, Action<ICommunicator> body, TimeSpan? timeout = null)
    {
        var store = new InProcessStore();
        RunThreads(worldSize, rank =>
        {
            using var communicator = new GlooCommunicator(store, rank, worldSize, "test", timeout ?? Patience);
            body(communicator);
        });
    }

    public static void RunThreads(int count, Action<int> body)
    {
        var failures = new Exception?[count];
        var threads = Enumerable.Range(0, count).Select(rank => new Thread(() =>
        {
            try
            {
                body(rank);
            }
            catch (Exception e)
            {
                failures[rank] = e;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        var thrown = failures.OfType<Exception>().ToArray();
        if (thrown.Length > 0)
        {
            throw new AggregateException(thrown);
        }
    }
}

/// <summary>Unmanaged memory for a test.</summary>
internal sealed unsafe class Memory(long bytes) : IDisposable
{
    public byte* Pointer { get; } = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);

    public Span<byte> Span => new(Pointer, (int)bytes);

    public float* Floats => (float*)Pointer;

    public void Dispose() => NativeMemory.AlignedFree(Pointer);
}
