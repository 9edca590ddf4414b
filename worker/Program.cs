using System.Runtime.InteropServices;
using Orchestrator.Worker.Hosting;
using Orchestrator.Worker.Jobs;

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    if (context.Signal == PosixSignal.SIGINT && ParentWatch.IsChild)
    {
        // Ctrl-C reaches the whole terminal; the parent decides what it means for its children.
        return;
    }

    stop.Cancel();
}

using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

switch (args)
{
    case ["job", var name]:
        return JobHost.Run(name, Console.In, new JobEvents(Console.Out), stop.Token);
    case ["run", .. var options]:
        return WorkerProgram.Run(options, stop.Token);
    case ["--version"]:
        Console.WriteLine(WorkerHost.Version);
        return ExitCodes.Done;
    default:
        Console.Error.WriteLine("usage: orchestrator-worker run --coordinator URL | orchestrator-worker job NAME");
        return ExitCodes.BadInput;
}
