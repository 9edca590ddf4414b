using Orchestrator.Cli;
using Orchestrator.Cli.Hosting;

using var interrupts = Interrupts.OfProcess();
return await Application.RunAsync(args, Terminal.OfProcess(), interrupts, TimeProvider.System);
