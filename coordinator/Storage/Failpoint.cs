namespace Orchestrator.Coordinator.Storage;

/// <summary>Places where a test may have the process die as by <c>kill -9</c>. Without <c>ORCHESTRATOR_FAILPOINT</c> they do nothing.</summary>
/// <remarks>The variable is a name, or a name and a count: <c>commit.written:3</c> dies when that place is passed for the third time.</remarks>
internal static class Failpoint
{
    /// <summary>The variable.</summary>
    public const string Variable = "ORCHESTRATOR_FAILPOINT";

    private static readonly string? s_name = Environment.GetEnvironmentVariable(Variable)?.Split(':')[0];
    private static int s_left = Environment.GetEnvironmentVariable(Variable)?.Split(':') is [_, var count] && int.TryParse(count, out var times) ? times : 1;

    /// <summary>Passes a place of that name.</summary>
    public static void Pass(string name)
    {
        if (s_name is not null && name == s_name && Interlocked.Decrement(ref s_left) == 0)
        {
            using var self = System.Diagnostics.Process.GetCurrentProcess();
            self.Kill();
            // The signal may take a moment; nothing may be done in it.
            new ManualResetEventSlim().Wait();
        }
    }

    /// <summary>Passes the place behind a write: <c>commit.</c> and the write's name.</summary>
    public static void Pass(StoreWrite write)
    {
        if (s_name is not null)
        {
            Pass($"commit.{write.GetType().Name}");
        }
    }
}
