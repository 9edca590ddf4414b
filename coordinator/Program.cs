using Orchestrator.Coordinator.Hosting;
using Orchestrator.Core;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(CoordinatorArguments.Usage);
    return 0;
}

try
{
    await using var host = await CoordinatorHost.StartAsync(CoordinatorArguments.Parse(args, Environment.GetEnvironmentVariable), CancellationToken.None);
    await Console.Error.WriteLineAsync($"Listening at {host.Address.GetLeftPart(UriPartial.Authority)}");
    if (await host.WaitAsync(ParentWatch.Gone(Console.In, Environment.GetEnvironmentVariable)) is not { } failure)
    {
        return 0;
    }

    await Console.Error.WriteLineAsync($"The coordinator stopped: {failure.Message}");
    return 1;
}
catch (BadInputException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
