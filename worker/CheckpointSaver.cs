using Grpc.Core;
using Orchestrator.Protos.V1;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Worker.Coordination;
using Checkpoints = Orchestrator.Protos.V1.Checkpoints;

namespace Orchestrator.Worker;

/// <summary>Saves checkpoints beside training and tells the coordinator of those that stand. Training stalls for a copy in memory only.</summary>
internal sealed class CheckpointSaver(
    TrainingState state, Assignment assignment, Checkpoints.CheckpointsClient client, RunReports reports, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_callTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly CheckpointWriter _writer = new(
        state.CheckpointRoot,
        new CheckpointOptions { Keep = state.Spec.Checkpoint.Keep, Holder = $"run {assignment.RunId}" },
        clock);

    private Task _pending = Task.CompletedTask;

    /// <summary>Saves the state as it is now. One that cannot be saved is a warning: the next one may succeed, and training loses nothing by going on.</summary>
    /// <returns>For how long training was held up.</returns>
    public TimeSpan Save()
    {
        var started = clock.GetTimestamp();
        _pending = TellAsync(_writer.Save(state.ToCheckpoint()), WarnAsync);
        return clock.GetElapsedTime(started);
    }

    /// <summary>Saves the last state and waits until it stands.</summary>
    /// <exception cref="RunFaultException">It could not be saved.</exception>
    public void SaveAndWait()
    {
        reports.Activity("saving");
        _pending.GetAwaiter().GetResult();
        if (state.SavedStep != state.Step)
        {
            TellAsync(_writer.Save(state.ToCheckpoint()), error => Task.FromException(new RunFaultException(error.Message))).GetAwaiter().GetResult();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pending.GetAwaiter().GetResult();
        _writer.Dispose();
    }

    private async Task TellAsync(Task<SavedCheckpoint> saving, Func<CheckpointException, Task> fail)
    {
        SavedCheckpoint saved;
        try
        {
            saved = await saving;
        }
        catch (CheckpointException error)
        {
            await fail(error);
            return;
        }

        state.SavedStep = saved.Step;
        var commit = new CommitCheckpointRequest
        {
            RunId = assignment.RunId,
            Generation = assignment.Generation,
            Checkpoint = new CheckpointEvent
            {
                Step = saved.Step,
                Path = saved.Folder,
                ManifestSha256 = saved.ManifestSha256,
                WeightsDigest = saved.WeightsDigest,
                Bytes = saved.Bytes,
                StallSeconds = saved.Stall.TotalSeconds,
                Seconds = saved.Elapsed.TotalSeconds,
            },
        };
        commit.RemovedSteps.AddRange(saved.RemovedSteps);
        await CommitAsync(commit);
    }

    private async Task CommitAsync(CommitCheckpointRequest commit)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await client.CommitAsync(commit, deadline: clock.GetUtcNow().UtcDateTime + s_callTimeout);
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && clock.GetElapsedTime(started) < s_callTimeout)
            {
                // The coordinator is being started again, or another takes the lead. Said twice, it counts once.
                await Task.Delay(s_pause, clock);
            }
            catch (RpcException error)
            {
                // The folder stands and its manifest says all; the coordinator hears of the next one.
                reports.Log("warning", $"The checkpoint of step {commit.Checkpoint.Step} stands, but the coordinator could not be told: {error.Status.Detail}");
                return;
            }
        }
    }

    private Task WarnAsync(CheckpointException error)
    {
        reports.Log("warning", error.Message);
        return Task.CompletedTask;
    }
}
