namespace Orchestrator.Coordinator.Hosting;

/// <summary>Notices when the process that started this one is gone.</summary>
/// <remarks>
/// A parent that sets <c>ORCHESTRATOR_CHILD=1</c> holds this process's standard input open for as long as it lives; the end of the
/// stream, which the kernel brings even when the parent was killed, asks this process to stop.
/// </remarks>
internal static class ParentWatch
{
    /// <summary>Cancelled when the parent is gone; never where no parent holds standard input.</summary>
    public static CancellationToken Gone(TextReader input, Func<string, string?> environment)
    {
        if (environment("ORCHESTRATOR_CHILD") != "1")
        {
            return CancellationToken.None;
        }

        var gone = new CancellationTokenSource();
        var watch = new Thread(() =>
        {
            while (input.ReadLine() is not null)
            {
                // Nothing is said on this line.
            }

            gone.Cancel();
        })
        { IsBackground = true, Name = "parent watch" };
        watch.Start();
        return gone.Token;
    }
}
