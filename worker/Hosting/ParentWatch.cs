namespace Orchestrator.Worker.Hosting;

/// <summary>Ends this process when the process that started it is gone.</summary>
/// <remarks>
/// A parent that sets <c>ORCHESTRATOR_CHILD=1</c> holds this process's standard input open for as long as it lives; the end of the
/// stream, which the kernel brings even when the parent was killed, is the end of this process.
/// </remarks>
internal static class ParentWatch
{
    /// <summary>Whether a parent holds standard input.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable("ORCHESTRATOR_CHILD") == "1";

    /// <summary>Watches standard input on a thread of its own, where a parent holds it.</summary>
    public static void ExitWithParent(TextReader input)
    {
        if (!IsChild)
        {
            return;
        }

        var watch = new Thread(() =>
        {
            while (input.ReadLine() is not null)
            {
                // Nothing is said on this line after the request.
            }

            Environment.Exit(ExitCodes.Interrupted);
        })
        { IsBackground = true, Name = "parent watch" };
        watch.Start();
    }
}
