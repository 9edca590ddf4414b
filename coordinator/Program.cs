using Orchestrator.Coordinator.Hosting;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(CoordinatorArguments.Usage);
    return 0;
}

try
{
    var settings = CoordinatorArguments.Parse(args, Environment.GetEnvironmentVariable);
    var parentGone = ParentWatch.Gone(Console.In, Environment.GetEnvironmentVariable);
    while (true)
    {
        await using var host = await CoordinatorHost.StartAsync(settings, CancellationToken.None);
        await Console.Error.WriteLineAsync($"Listening at {host.Address.GetLeftPart(UriPartial.Authority)}");
        switch (await host.WaitAsync(parentGone))
        {
            case null:
                return 0;
            case LeadershipLostException lost:
                // What it knew is void; it begins again as one that follows.
                await Console.Error.WriteLineAsync($"Another coordinator leads: {lost.Message}");
                break;
            case { } failure:
                await Console.Error.WriteLineAsync($"The coordinator stopped: {failure.Message}");
                return 1;
        }
    }
}
catch (BadInputException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
