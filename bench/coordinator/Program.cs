using System.Globalization;
using Orchestrator.Bench.Coordinator;

if (args.Length != 6)
{
    Console.Error.WriteLine("usage: Orchestrator.CoordinatorBench URL PROCESS-FILE CORPUS WORKERS RUNS SECONDS   the token is in ORCHESTRATOR_TOKEN");
    return 2;
}

int Number(int place) => int.Parse(args[place], CultureInfo.InvariantCulture);
var token = Environment.GetEnvironmentVariable("ORCHESTRATOR_TOKEN") ?? "";
using var fleet = new Fleet(new Uri(args[0]), args[1], args[2], token, Number(3), Number(4));
await fleet.MeasureAsync(TimeSpan.FromSeconds(Number(5)));
return 0;
