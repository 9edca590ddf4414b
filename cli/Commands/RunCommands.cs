using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Commands;

/// <summary>Commands about runs that a coordinator knows.</summary>
internal static class RunCommands
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>The option of every command that reads.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Machine-readable output" };

    /// <summary>A run's id; left out, the newest run.</summary>
    public static Argument<string?> Id() => new("ID") { Description = "The run (left out: the newest)", Arity = ArgumentArity.ZeroOrOne };

    public static Command Runs(CommandContext context)
    {
        var all = new Option<bool>("--all") { Description = "Ended runs too" };
        var json = Json();
        var command = new Documented("runs", "Lists runs.", "orchestrator runs", "orchestrator runs --all --json") { all, json };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = coordinator.Connect(parsed);
            var reply = await connection.Runs.ListAsync(
                new ListRunsRequest { Limit = 1000, IncludeEnded = parsed.GetValue(all) }, connection.Asking(context.Clock, cancellationToken));
            if (parsed.GetValue(json))
            {
                context.Terminal.Out.WriteLine(RunEventJson.Line(new JsonArray([.. reply.Runs.Select(RunEventJson.Of)])));
                return ExitCodes.Done;
            }

            foreach (var run in reply.Runs)
            {
                context.Terminal.Out.WriteLine($"{run.RunId,-24} {RunEventJson.Word(run.State),-10} {run.Step,8}/{run.TotalSteps,-8} {run.Name}  {run.Reason}");
            }

            if (reply.Runs.Count == 0)
            {
                context.Terminal.Out.WriteLine(parsed.GetValue(all) ? "There are no runs." : "No run is live; --all lists those that have ended.");
            }

            return ExitCodes.Done;
        });
        return command;
    }

    public static Command Status(CommandContext context)
    {
        var id = Id();
        var json = Json();
        var command = new Documented("status", "Says where a run stands and what each worker does.", "orchestrator status", "orchestrator status ID --json") { id, json };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (coordinator.Left(parsed) is { } left && (parsed.GetValue(id) ?? left.RunId) == left.RunId)
            {
                context.Terminal.Out.WriteLine(parsed.GetValue(json) ? RunEventJson.Line(RunEventJson.Of(left)) : RunReport.Of(left));
                return ExitCodes.Done;
            }

            using var connection = coordinator.Connect(parsed);
            var run = await FindAsync(connection, parsed.GetValue(id), context.Clock, cancellationToken);
            context.Terminal.Out.WriteLine(parsed.GetValue(json) ? RunEventJson.Line(RunEventJson.Of(run)) : RunReport.Of(run));
            return ExitCodes.Done;
        });
        return command;
    }

    public static Command Watch(CommandContext context)
    {
        var id = Id();
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var from = new Option<long>("--from") { Description = "The first event wanted, by its number", HelpName = "NUMBER" };
        var command = new Documented("watch", "Follows a run until it has ended; exits with 0 if it succeeded.", "orchestrator watch", "orchestrator watch ID --json") { id, json, from };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = coordinator.Connect(parsed);
            var run = await FindAsync(connection, parsed.GetValue(id), context.Clock, cancellationToken);
            await using (var display = RunDisplays.For(context.Terminal, parsed.GetValue(json), RunProgress.Of(run), context.Clock))
            {
                var progress = RunProgress.Of(run);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var refreshing = WorkerRefresh.FollowAsync(
                    display, () => connection.Runs.GetAsync(new RunRequest { RunId = run.RunId }, connection.Asking(context.Clock, stop.Token)).ResponseAsync, context.Clock, stop.Token);
                await foreach (var happened in RunWatch.FollowAsync(() => connection, run.RunId, parsed.GetValue(from), s_patience, context.Clock, cancellationToken))
                {
                    progress = progress.After(happened);
                    display.Show(happened, progress);
                }

                await stop.CancelAsync();
                await refreshing.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            run = await connection.Runs.GetAsync(new RunRequest { RunId = run.RunId }, connection.Asking(context.Clock, cancellationToken));
            context.Terminal.Out.WriteLine(parsed.GetValue(json) ? RunEventJson.Line(RunEventJson.Finished(run)) : RunReport.Of(run));
            return run.State == RunState.Succeeded ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    public static Command Logs(CommandContext context)
    {
        var id = Id();
        var follow = new Option<bool>("--follow", "-f") { Description = "Wait for more until the run has ended" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented("logs", "Prints what a run's workers logged.", "orchestrator logs", "orchestrator logs ID -f") { id, follow, json };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = coordinator.Connect(parsed);
            var run = await FindAsync(connection, parsed.GetValue(id), context.Clock, cancellationToken);
            using var call = connection.Runs.Logs(new LogsRequest { RunId = run.RunId, Follow = parsed.GetValue(follow) }, connection.Following(cancellationToken));
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                var line = call.ResponseStream.Current;
                var time = line.Time.ToDateTimeOffset().ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
                context.Terminal.Out.WriteLine(parsed.GetValue(json)
                    ? RunEventJson.Line(new JsonObject { ["event"] = "log", ["time"] = time, ["worker"] = line.WorkerId, ["level"] = line.Level, ["text"] = line.Text })
                    : $"{time} {line.Level,-7} {line.WorkerId}  {line.Text}");
            }

            return ExitCodes.Done;
        });
        return command;
    }

    public static Command Pause(CommandContext context) =>
        Change(context, "pause", "Stops a run after the step in flight and saves it; 'resume' goes on.", (connection, request, options) => connection.Runs.PauseAsync(request, options).ResponseAsync);

    public static Command Cancel(CommandContext context) =>
        Change(context, "cancel", "Stops a run for good after the step in flight.", (connection, request, options) => connection.Runs.CancelAsync(request, options).ResponseAsync);

    public static Command Explain(CommandContext context)
    {
        var id = Id();
        var json = Json();
        var command = new Documented("explain", "Says why a run is where it is, with the facts.", "orchestrator explain", "orchestrator explain ID") { id, json };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = coordinator.Connect(parsed);
            var run = await FindAsync(connection, parsed.GetValue(id), context.Clock, cancellationToken);
            var reply = await connection.Runs.ExplainAsync(new RunRequest { RunId = run.RunId }, connection.Asking(context.Clock, cancellationToken));
            context.Terminal.Out.WriteLine(parsed.GetValue(json)
                ? RunEventJson.Line(new JsonObject { ["run"] = run.RunId, ["state"] = RunEventJson.Word(run.State), ["explanation"] = reply.Text })
                : reply.Text);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>The run of that id, or the newest.</summary>
    /// <exception cref="BadInputException">There is no run.</exception>
    public static async Task<Run> FindAsync(Connection connection, string? id, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (id is not null)
        {
            return await connection.Runs.GetAsync(new RunRequest { RunId = id }, connection.Asking(clock, cancellationToken));
        }

        var reply = await connection.Runs.ListAsync(new ListRunsRequest { Limit = 1000, IncludeEnded = true }, connection.Asking(clock, cancellationToken));
        return reply.Runs.MaxBy(r => r.Submitted?.ToDateTimeOffset() ?? DateTimeOffset.MinValue)
            ?? throw new BadInputException("The coordinator has no run; submit one with 'orchestrator submit RUN.yaml'.");
    }

    private static Documented Change(
        CommandContext context, string name, string description, Func<Connection, RunRequest, Grpc.Core.CallOptions, Task<Run>> change)
    {
        var id = new Argument<string>("ID") { Description = "The run" };
        var json = Json();
        var command = new Documented(name, description, $"orchestrator {name} ID") { id, json };
        var coordinator = new CoordinatorOptions().AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var connection = coordinator.Connect(parsed);
            var run = await change(connection, new RunRequest { RunId = parsed.GetValue(id) }, connection.Asking(context.Clock, cancellationToken));
            context.Terminal.Out.WriteLine(parsed.GetValue(json)
                ? RunEventJson.Line(RunEventJson.Of(run))
                : $"{run.RunId} is {RunEventJson.Word(run.State)}{(run.Reason.Length > 0 ? $": {run.Reason}" : "")}");
            return ExitCodes.Done;
        });
        return command;
    }
}
