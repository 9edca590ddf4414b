using Microsoft.Extensions.Logging;
using Orchestrator.Core;

namespace Orchestrator.Worker.Hosting;

/// <summary>The <c>run</c> command: one rank's process, from its command line to its exit code.</summary>
internal static class WorkerProgram
{
    /// <summary>Works until asked to stop.</summary>
    public static int Run(ReadOnlySpan<string> args, CancellationToken stop)
    {
        using var loggers = LoggerFactory.Create(logging => logging
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
            })
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        try
        {
            ParentWatch.ExitWithParent(Console.In);
            using var host = new WorkerHost(WorkerOptions.Parse(args), TimeProvider.System, loggers);
            return host.Run(stop);
        }
        catch (BadInputException error)
        {
            Console.Error.WriteLine(error.Message);
            return ExitCodes.BadInput;
        }
    }
}
