using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Local;

/// <summary>How a local run came out.</summary>
/// <param name="Run">The run at the end.</param>
/// <param name="Interrupted">Whether it was paused by an interrupt.</param>
/// <param name="WasFinished">Whether it had ended before and nothing was to do.</param>
internal sealed record LocalOutcome(Run Run, bool Interrupted, bool WasFinished);

/// <summary>Trains a spec in a folder with a coordinator and workers on this machine, from where the folder's run stands.</summary>
internal sealed class LocalRun(CommandContext context, RunFolder folder, bool json)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Trains to the end, or until interrupted.</summary>
    /// <param name="spec">The spec; <c>workers.max</c> workers are started.</param>
    /// <exception cref="BadInputException">The folder holds a run of another spec, or the input is refused.</exception>
    /// <exception cref="SessionFailedException">The processes cannot be kept alive.</exception>
    public async Task<LocalOutcome> TrainAsync(RunSpec spec)
    {
        var notes = new Notes();
        LeftRun.Forget(folder);
        var session = await LocalSession.StartAsync(folder, spec.Workers.Threads, notes.Add, context.Clock, context.Interrupts.Soft);
        await using (session)
        {
            using var killed = context.Interrupts.Hard.Register(session.Kill);
            var began = context.Clock.GetUtcNow();
            var (run, finished) = await FindOrSubmitAsync(session.Connection, spec);
            await File.WriteAllTextAsync(folder.Spec, SpecWriter.Write(Movable(spec)), context.Interrupts.Soft);
            if (finished)
            {
                LeftRun.Write(folder, run);
                return new LocalOutcome(run, Interrupted: false, WasFinished: true);
            }

            session.StartWorkers(spec.Workers.Max);
            await using (var display = RunDisplays.For(context.Terminal, json, RunProgress.Of(run), context.Clock))
            {
                notes.To(display.Note);
                try
                {
                    await FollowAsync(session, run, began, display);
                }
                catch (Exception e) when (session.DiskFull is { } full && e is OperationCanceledException or Grpc.Core.RpcException)
                {
                    throw new SessionFailedException($"{full}, and the run was stopped; with room, 'orchestrator resume {folder.Root}' goes on.", ExitCodes.DiskFull);
                }
            }

            run = await session.Connection.Runs.GetAsync(new RunRequest { RunId = run.RunId }, session.Connection.Asking(context.Clock, CancellationToken.None));
            LeftRun.Write(folder, run);
            return new LocalOutcome(run, context.Interrupts.Soft.IsCancellationRequested && run.State != RunState.Succeeded, WasFinished: false);
        }
    }

    // A corpus inside the run's folder is named from there, so that the folder can be moved.
    private RunSpec Movable(RunSpec spec)
    {
        var corpus = spec.Data.Corpus.Length > 0 ? Path.GetRelativePath(folder.Root, spec.Data.Corpus) : "..";
        return corpus.StartsWith("..", StringComparison.Ordinal) ? spec : spec with { Data = spec.Data with { Corpus = corpus } };
    }

    // The folder's run if it is of this spec: it goes on, or has ended. A new one otherwise.
    private async Task<(Run Run, bool Finished)> FindOrSubmitAsync(Connection connection, RunSpec spec)
    {
        var known = await connection.Runs.ListAsync(new ListRunsRequest { Limit = 1000, IncludeEnded = true }, connection.Asking(context.Clock, context.Interrupts.Soft));
        var newest = known.Runs.MaxBy(r => r.Submitted.ToDateTimeOffset());
        if (newest is not null)
        {
            var other = SpecReader.Read(newest.SpecYaml, folder.Spec).Spec;
            if (other is not null && SpecDigest.Of(other, null) != SpecDigest.Of(spec, null))
            {
                throw new BadInputException($"{folder.Root} holds run {newest.RunId} of another spec; name another folder with --out, or take that spec back.");
            }

            if (newest.TotalSteps == spec.Batch.Steps && newest.State == RunState.Succeeded)
            {
                return (newest, true);
            }

            if (newest.TotalSteps == spec.Batch.Steps && other?.Workers.Max == spec.Workers.Max)
            {
                switch (newest.State)
                {
                    case RunState.Paused or RunState.Failed or RunState.Cancelled:
                        return (await connection.Runs.ResumeAsync(new RunRequest { RunId = newest.RunId }, connection.Asking(context.Clock, context.Interrupts.Soft)), false);
                    default:
                        return (newest, false);
                }
            }

            if (newest.State is not (RunState.Succeeded or RunState.Failed or RunState.Cancelled))
            {
                // Asked for another number of steps or workers, the same run goes on under a new name. No worker is here yet, and one that
                // an earlier session left is gone: asked twice, the coordinator waits for nobody.
                for (var time = 0; time < 2; time++)
                {
                    await connection.Runs.CancelAsync(new RunRequest { RunId = newest.RunId }, connection.Asking(context.Clock, context.Interrupts.Soft));
                }
            }
        }

        var request = new SubmitRequest { SpecYaml = SpecWriter.Write(spec), OutDir = folder.Root, Owner = Environment.UserName };
        return (await connection.Runs.SubmitAsync(request, connection.Asking(context.Clock, context.Interrupts.Soft)), false);
    }

    private async Task FollowAsync(LocalSession session, Run run, DateTimeOffset began, IRunDisplay display)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupts.Hard);
        var following = ShowAsync();
        var pausing = PauseWhenInterruptedAsync();
        var refreshing = WorkerRefresh.FollowAsync(
            display,
            () => session.Connection.Runs.GetAsync(new RunRequest { RunId = run.RunId }, session.Connection.Asking(context.Clock, stop.Token)).ResponseAsync,
            context.Clock,
            stop.Token);
        try
        {
            if (await Task.WhenAny(following, session.Fault, pausing) is var first && first != following)
            {
                await first;
            }

            await following;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(Quiet(following), Quiet(pausing), Quiet(refreshing));
        }

        async Task ShowAsync()
        {
            var progress = RunProgress.Of(run);
            await foreach (var happened in RunWatch.FollowAsync(() => session.Connection, run.RunId, 0, s_patience, context.Clock, stop.Token, () => session.DiskFull is not null))
            {
                progress = progress.After(happened);
                // What happened before this process took the run up is known, not news.
                if (happened.Time.ToDateTimeOffset() < began)
                {
                    continue;
                }

                display.Show(happened, progress);
                if (happened.EventCase == RunEvent.EventOneofCase.State && (progress.HasEnded || progress.State == RunState.Paused))
                {
                    return;
                }
            }
        }

        // Ends, without a fault, only when the run has been asked to pause; a run that ends first cancels it.
        async Task PauseWhenInterruptedAsync()
        {
            var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var soft = context.Interrupts.Soft.Register(() => interrupted.TrySetResult());
            await interrupted.Task.WaitAsync(stop.Token);
            display.Note("Interrupted: the step in flight is finished and saved. Ctrl-C again stops at once.");
            await session.Connection.Runs.PauseAsync(new RunRequest { RunId = run.RunId }, session.Connection.Asking(context.Clock, stop.Token));
        }
    }

    private static async Task Quiet(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is OperationCanceledException or Grpc.Core.RpcException or BadInputException or SessionFailedException)
        {
            // It was told to end, or its fault is already on its way to the caller.
        }
    }

    // Keeps what is said before there is a display to say it on.
    private sealed class Notes
    {
        private readonly Lock _state = new();
        private readonly List<string> _early = [];
        private Action<string>? _to;

        public void Add(string text)
        {
            lock (_state)
            {
                if (_to is null)
                {
                    _early.Add(text);
                }
                else
                {
                    _to(text);
                }
            }
        }

        public void To(Action<string> to)
        {
            lock (_state)
            {
                _to = to;
                _early.ForEach(to);
            }
        }
    }
}
