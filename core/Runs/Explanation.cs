namespace Orchestrator.Core.Runs;

/// <summary>Says why a run is where it is.</summary>
public static class Explanation
{
    /// <summary>One or two sentences with the facts.</summary>
    public static string Of(Cluster cluster, RunRecord run, DateTimeOffset now)
    {
        var seconds = Math.Max(0, (now - run.Since).TotalSeconds);
        var told = $"Run {run.Id} is {run.Phase.ToString().ToLowerInvariant()} for {seconds:0} s: {run.Reason}.";
        if (run.Phase.IsEnded() || run.Phase is RunPhase.Paused)
        {
            var saved = run.CheckpointStep > 0 ? $"its newest checkpoint is that of step {run.CheckpointStep}" : "it has no checkpoint";
            return run.Phase == RunPhase.Succeeded ? told : $"{told} {run.Step} of {run.TotalSteps} steps are done and {saved}; resume it to go on.";
        }

        if (run.HasMembers)
        {
            var absent = run.Members.Where(member => cluster.Workers.GetValueOrDefault(member.WorkerId)?.Connected != true).Select(member => member.WorkerId).ToList();
            var joining = run.Members.Where(member => !member.Ready && member.IsActive).Select(member => member.WorkerId).ToList();
            return told
                + (WaitOf(cluster, run) is { } wait ? $" It is {wait}; it goes on by itself when that comes." : "")
                + (absent.Count > 0 ? $" Not connected: {string.Join(", ", absent)}." : "")
                + (joining.Count > 0 ? $" Still meeting their peers: {string.Join(", ", joining)}." : "");
        }

        var connected = cluster.Workers.Values.Count(worker => worker.Connected);
        var busy = cluster.Workers.Values.Count(worker => worker.Connected && worker.RunId is not null);
        return $"{told} It needs {run.MinWorkers} to {run.MaxWorkers} workers; {connected} are connected, {busy} of them work for other runs.";
    }

    /// <summary>What input a run's workers wait for and which of them, or null: for none.</summary>
    public static string? WaitOf(Cluster cluster, RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(run);
        var waiting = run.Members.Select(member => cluster.Workers.GetValueOrDefault(member.WorkerId)).Where(worker => worker?.Waiting.Length > 0).ToList();
        return waiting.Count == 0 ? null : $"waiting for input: {waiting[0]!.Waiting}, says {string.Join(", ", waiting.Select(worker => worker!.Id))}";
    }
}
