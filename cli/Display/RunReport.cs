using System.Text;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Display;

/// <summary>A run as a few lines of text.</summary>
internal static class RunReport
{
    /// <summary>Its state, figures and workers.</summary>
    public static string Of(Run run)
    {
        var text = new StringBuilder();
        Line("run", $"{run.RunId} ({run.Name})");
        Line("state", RunEventJson.Word(run.State) + (run.Reason.Length > 0 ? $": {run.Reason}" : ""));
        Line("step", $"{run.Step} of {run.TotalSteps}, generation {run.Generation}");
        if (run.HasLoss)
        {
            Line("loss", $"{run.LastLoss:0.0000}" + (run.State == RunState.Running ? $", {RunText.Count(run.TokensPerSecond)} tokens/s" : ""));
        }

        if (run.HasValidationLoss)
        {
            Line("validation", $"{run.ValidationLoss:0.0000}");
        }

        if (run.BestStep > 0)
        {
            Line("best", $"{run.Metric} {run.BestValue:0.0000} after step {run.BestStep}, {RunText.BestCheckpoint(run)}");
        }

        if (run.Knowledge is { } knowledge)
        {
            Line("knowledge", RunText.KnowledgeLine(knowledge));
        }

        if (run.CheckpointPath.Length > 0)
        {
            Line("checkpoint", $"{run.CheckpointPath} (step {run.CheckpointStep})");
        }

        Line("digest", RunEventJson.Digest(run.WeightsDigest));
        foreach (var worker in run.Workers.OrderBy(w => w.Rank))
        {
            Line($"rank {worker.Rank}", $"{worker.State}{(worker.Waiting.Length > 0 ? $" ({worker.Waiting})" : "")}, {worker.WorkerId} on {worker.Host}, process {worker.ProcessId}, {worker.Device}, heard {worker.HeartbeatAgeSeconds:0.0} s ago"
                + (worker.SlotSeconds > 0 ? $", {worker.SlotSeconds * 1000:0.0} ms a slot{(worker.Slow ? ", slow" : "")}" : ""));
        }

        if (run.Spent is { } spent)
        {
            text.Append(Goodput.Table(spent)).Append('\n');
        }

        return text.ToString().TrimEnd();

        void Line(string name, string value) => text.Append($"{name,-12}").Append(value).Append('\n');
    }
}
