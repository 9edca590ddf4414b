using Grpc.Core;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Display;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Studies;

/// <summary>Trains a study's runs on the workers of a coordinator.</summary>
/// <param name="context">The command's context.</param>
/// <param name="connection">The coordinator.</param>
/// <param name="display">Told how far each is.</param>
internal sealed class StudyRuns(CommandContext context, Connection connection, IStudyDisplay display)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Trains a run to its end, from where it stands.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="spec">Its spec.</param>
    /// <param name="folder">Where it writes.</param>
    /// <returns>The run, succeeded.</returns>
    /// <exception cref="OperationCanceledException">It was paused by an interrupt.</exception>
    /// <exception cref="StageFailedException">It has ended otherwise.</exception>
    public async Task<Run> TrainAsync(StudyStage stage, RunSpec spec, string folder)
    {
        var soft = context.Interrupts.Soft;
        var began = context.Clock.GetUtcNow();
        var yaml = SpecWriter.Write(spec);
        var run = await SubmitAsync(
            new SubmitRequest { SpecYaml = yaml, OutDir = folder, IdempotencyKey = $"study {stage.Digest} {StudyKeys.Of(folder, yaml)}", Owner = Environment.UserName }, soft);
        if (run.State is RunState.Paused or RunState.Failed or RunState.Cancelled)
        {
            run = await connection.Runs.ResumeAsync(new RunRequest { RunId = run.RunId }, connection.Asking(context.Clock, soft));
        }

        if (run.State != RunState.Succeeded)
        {
            await FollowAsync(stage, run, began);
            run = await connection.Runs.GetAsync(new RunRequest { RunId = run.RunId }, connection.Asking(context.Clock, context.Interrupts.Hard));
        }

        if (run.State == RunState.Succeeded)
        {
            return run;
        }

        soft.ThrowIfCancellationRequested();
        throw new StageFailedException($"The run {RunEventJson.Word(run.State)} after step {run.Step} of {run.TotalSteps}: {run.Reason.TrimEnd('.')}.");
    }

    // A stage may have been begun under another name, or with other settings that change no weights: that run ends, and this one goes on in its folder.
    private async Task<Run> SubmitAsync(SubmitRequest request, CancellationToken soft)
    {
        try
        {
            return await connection.Runs.SubmitAsync(request, connection.Asking(context.Clock, soft));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            var listed = await connection.Runs.ListAsync(new ListRunsRequest(), connection.Asking(context.Clock, soft));
            if (listed.Runs.FirstOrDefault(run => run.OutDir == request.OutDir) is not { } other)
            {
                throw;
            }

            await connection.Runs.CancelAsync(new RunRequest { RunId = other.RunId }, connection.Asking(context.Clock, soft));
            while ((await connection.Runs.GetAsync(new RunRequest { RunId = other.RunId }, connection.Asking(context.Clock, soft))).State is not (RunState.Cancelled or RunState.Failed or RunState.Succeeded))
            {
                await Task.Delay(s_pause, context.Clock, soft);
            }
        }

        return await connection.Runs.SubmitAsync(request, connection.Asking(context.Clock, soft));
    }

    private async Task FollowAsync(StudyStage stage, Run run, DateTimeOffset began)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupts.Hard);
        var pausing = PauseWhenInterruptedAsync(run.RunId, stop.Token);
        try
        {
            var progress = RunProgress.Of(run);
            display.Show(stage, Of(progress));
            await foreach (var happened in RunWatch.FollowAsync(() => connection, run.RunId, 0, s_patience, context.Clock, stop.Token))
            {
                progress = progress.After(happened);
                // What happened before this process took the run up is known, not news.
                if (happened.Time.ToDateTimeOffset() < began)
                {
                    continue;
                }

                display.Show(stage, Of(progress));
                if (happened.EventCase == RunEvent.EventOneofCase.State && (progress.HasEnded || progress.State == RunState.Paused))
                {
                    break;
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await pausing.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task PauseWhenInterruptedAsync(string runId, CancellationToken stop)
    {
        var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var soft = context.Interrupts.Soft.Register(() => interrupted.TrySetResult());
        await interrupted.Task.WaitAsync(stop);
        await connection.Runs.PauseAsync(new RunRequest { RunId = runId }, connection.Asking(context.Clock, stop));
    }

    private static StageProgress Of(RunProgress run) => new(
        run.State is RunState.Queued or RunState.Placing ? StageState.Queued : StageState.Running,
        run.Done,
        run.TotalSteps,
        run.Step is null ? null : run.SmoothedLoss,
        run.Remaining);
}

/// <summary>A stage failed; the message is a sentence for people.</summary>
internal sealed class StageFailedException(string message, Exception? inner = null) : Exception(message, inner);
