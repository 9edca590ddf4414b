using System.CommandLine;
using System.Diagnostics;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Local;

namespace Orchestrator.Cli.Commands;

/// <summary>The two roles of a cluster. Each is a program of its own; this one starts it in the foreground with the environment that it needs.</summary>
internal static class RoleCommands
{
    // On one processor .NET makes the young generation as small as a cache: under ten thousand workers it is collected every second, and heartbeats wait 80 ms for it.
    private static readonly Dictionary<string, string> s_oneProcessor = new() { ["DOTNET_GCgen0size"] = "0x10000000" };

    public static Command Coordinator(CommandContext context)
    {
        var listen = new Option<string>("--listen") { Description = "Where to listen; loopback unless you say otherwise", HelpName = "URL", DefaultValueFactory = _ => CoordinatorOptions.DefaultUrl };
        var data = new Option<string>("--data") { Description = "Folder of its state", HelpName = "DIR", Required = true };
        var token = new Option<string?>("--token-file") { Description = "A file that holds the token (else ORCHESTRATOR_TOKEN)", HelpName = "FILE" };
        var database = new Option<string?>("--database") { Description = "A PostgreSQL database that several coordinators share (else ORCHESTRATOR_DATABASE, else a file in --data)", HelpName = "CONNECTION" };
        var advertise = new Option<string?>("--advertise") { Description = "The URL by which others reach it (left out: that of --listen)", HelpName = "URL" };
        var command = new Documented(
            "coordinator",
            "Runs a coordinator until it is told to stop.",
            "ORCHESTRATOR_TOKEN=$(openssl rand -hex 32) orchestrator coordinator --data /var/lib/orchestrator",
            "orchestrator coordinator --listen http://10.0.0.5:7070 --data /data --database 'Host=db;Username=orchestrator;Database=orchestrator'",
            "orchestrator coordinator --listen http://0.0.0.0:7070 --data /data --token-file /run/secrets/token")
        {
            listen, data, token, database, advertise,
        };
        command.SetAction((parsed, _) =>
        {
            List<string> arguments = ["--listen", parsed.GetValue(listen)!, "--data", parsed.GetValue(data)!];
            Pass(arguments, "--token-file", parsed.GetValue(token));
            Pass(arguments, "--database", parsed.GetValue(database));
            Pass(arguments, "--advertise", parsed.GetValue(advertise));
            return RunAsync(Programs.Coordinator, arguments, threads: null, context, Environment.ProcessorCount == 1 ? s_oneProcessor : []);
        });
        return command;
    }

    public static Command Worker(CommandContext context)
    {
        var coordinator = new Option<string>("--coordinator") { Description = "The coordinator's URL, or those of several joined by commas", HelpName = "URL", DefaultValueFactory = _ => CoordinatorOptions.DefaultUrl };
        var token = new Option<string?>("--token-file") { Description = "A file that holds the token (else ORCHESTRATOR_TOKEN)", HelpName = "FILE" };
        var device = new Option<string>("--device") { Description = "What it computes on; this version trains on CPUs only", HelpName = "KIND", DefaultValueFactory = _ => "cpu" };
        device.AcceptOnlyFromAmong("cpu");
        var labels = new Option<string?>("--labels") { Description = "What placement may ask for", HelpName = "k=v,..." };
        var threads = new Option<int?>("--threads") { Description = "Compute threads that the libraries may use at most (left out: the machine's cores); how many are used, the run's spec says", HelpName = "N" };
        var command = new Documented(
            "worker",
            "Runs a worker, one rank, until it is told to stop; SIGTERM ends it after the step in flight.",
            "orchestrator worker --coordinator http://10.0.0.5:7070 --token-file token",
            "orchestrator worker --coordinator http://10.0.0.5:7070 --labels zone=a,disk=fast")
        {
            coordinator, token, device, labels, threads,
        };
        command.SetAction((parsed, _) =>
        {
            List<string> arguments = ["run", "--coordinator", parsed.GetValue(coordinator)!, "--device", parsed.GetValue(device)!];
            Pass(arguments, "--token-file", parsed.GetValue(token));
            Pass(arguments, "--labels", parsed.GetValue(labels));
            return RunAsync(Programs.Worker, arguments, parsed.GetValue(threads) ?? Environment.ProcessorCount, context, []);
        });
        return command;
    }

    private static void Pass(List<string> arguments, string option, string? value)
    {
        if (value is not null)
        {
            arguments.Add(option);
            arguments.Add(value);
        }
    }

    // The role shares this terminal and dies with this process. An interrupt is passed on as SIGTERM: it leaves after the step in flight.
    private static async Task<int> RunAsync(
        string program, IEnumerable<string> arguments, int? threads, CommandContext context, IEnumerable<KeyValuePair<string, string>> more)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true };
        foreach (var (variable, value) in WorkerEnvironment.For(threads ?? Environment.ProcessorCount, token: null, Environment.GetEnvironmentVariable))
        {
            start.Environment[variable] = value;
        }

        foreach (var (variable, value) in more)
        {
            start.Environment.TryAdd(variable, value);
        }

        using var process = Process.Start(start)!;
        using var soft = context.Interrupts.Soft.Register(() => Terminate(process.Id));
        using var hard = context.Interrupts.Hard.Register(() => process.Kill(entireProcessTree: true));
        await process.WaitForExitAsync(CancellationToken.None);
        return context.Interrupts.Soft.IsCancellationRequested ? ExitCodes.Interrupted : process.ExitCode;
    }

    // .NET sends no signal but SIGKILL; every shell can.
    private static void Terminate(int processId)
    {
        using var kill = Process.Start("/bin/sh", ["-c", "kill -TERM \"$0\"", processId.ToString()]);
        kill.WaitForExit();
    }
}
