using Orchestrator.Coordinator.Hosting;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(CoordinatorArguments.Usage);
    return 0;
}

var folder = "";
try
{
    var settings = CoordinatorArguments.Parse(args, Environment.GetEnvironmentVariable);
    folder = settings.DataFolder;
    var parentGone = ParentWatch.Gone(Console.In, Environment.GetEnvironmentVariable);
    while (true)
    {
        await using var host = await CoordinatorHost.StartAsync(settings, CancellationToken.None);
        Say($"Listening at {host.Address.GetLeftPart(UriPartial.Authority)}");
        switch (await host.WaitAsync(parentGone))
        {
            case null:
                return 0;
            case LeadershipLostException lost:
                // What it knew is void; it begins again as one that follows.
                Say($"Another coordinator leads: {lost.Message}");
                break;
            case { } failure when DiskFault.Of(failure, folder) is { } fault:
                return Failed(fault);
            case { } failure:
                Say($"The coordinator stopped: {failure.Message}");
                return 1;
        }
    }
}
catch (Exception e) when (DiskFault.Of(e, folder) is { ExitCode: DiskFault.FullExitCode } full)
{
    return Failed(full);
}
catch (BadInputException e)
{
    Say(e.Message);
    return 2;
}
catch (Exception e) when (DiskFault.Of(e, folder) is { } fault)
{
    return Failed(fault);
}

static int Failed(DiskFault fault)
{
    Say(fault.Sentence);
    return fault.ExitCode;
}

static void Say(string sentence)
{
    try
    {
        Console.Error.WriteLine(sentence);
    }
    catch (IOException)
    {
        // Its log may lie on the disk that is full; the exit code says so too.
    }
}
