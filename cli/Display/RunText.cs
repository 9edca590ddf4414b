using Orchestrator.Core.Checkpoints;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Display;

/// <summary>Numbers, times and events as people read them.</summary>
internal static class RunText
{
    /// <summary>An event as one line, or null where a line for it would only be noise.</summary>
    public static string? Line(RunEvent happened, RunProgress after) => happened.EventCase switch
    {
        RunEvent.EventOneofCase.Step => StepLine(happened.Step, after),
        RunEvent.EventOneofCase.State => StateLine(happened.State),
        RunEvent.EventOneofCase.Evaluation => EvaluationLine(happened.Evaluation),
        RunEvent.EventOneofCase.Knowledge => KnowledgeLine(happened.Knowledge),
        RunEvent.EventOneofCase.Checkpoint =>
            $"checkpoint of step {happened.Checkpoint.Step}: {happened.Checkpoint.Path} ({Bytes(happened.Checkpoint.Bytes)}, training stood still for {happened.Checkpoint.StallSeconds * 1000:0} ms)",
        RunEvent.EventOneofCase.Worker => $"worker {happened.Worker.Worker.WorkerId}: {happened.Worker.What}",
        RunEvent.EventOneofCase.Recovery => RecoveryLine(happened.Recovery),
        RunEvent.EventOneofCase.Warning => $"warning: {happened.Warning.Text}",
        _ => null,
    };

    /// <summary>A duration: 850 ms, 4.2 s, 3:07, 2:14:09.</summary>
    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => $"{span.TotalMilliseconds:0} ms",
        { TotalSeconds: < 60 } => $"{span.TotalSeconds:0.0} s",
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes}:{span.Seconds:00}",
        _ => $"{(long)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}",
    };

    /// <summary>A count: 950, 12.3k, 4.5M.</summary>
    public static string Count(double count) => Math.Abs(count) switch
    {
        < 10_000 => $"{count:0}",
        < 1_000_000 => $"{count / 1e3:0.0}k",
        < 1_000_000_000 => $"{count / 1e6:0.0}M",
        _ => $"{count / 1e9:0.00}B",
    };

    /// <summary>A size: 512 B, 1.5 MiB.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1024 * 1024 => $"{bytes / 1024.0:0.0} KiB",
        < 1024L * 1024 * 1024 => $"{bytes / 1048576.0:0.0} MiB",
        _ => $"{bytes / 1073741824.0:0.00} GiB",
    };

    /// <summary>The folder of a run's best checkpoint.</summary>
    public static string BestCheckpoint(Run run) => Path.Combine(run.OutDir, "checkpoints", CheckpointNames.Folder(run.BestStep));

    private static string EvaluationLine(EvaluationEvent evaluation)
    {
        var loss = $"validation loss {evaluation.ValidationLoss:0.0000} nats a token after step {evaluation.Step} ({Count(evaluation.TargetTokens)} tokens)";
        if (evaluation.Metric.Length == 0)
        {
            return loss;
        }

        var metric = evaluation.Examples > 0 ? $"; {evaluation.Metric} {evaluation.Value:0.00} of {evaluation.Examples} answers" : "";
        return $"{loss}{metric}; {(evaluation.BestStep == evaluation.Step ? "the best so far" : $"the best was {evaluation.BestValue:0.0000} after step {evaluation.BestStep}")}";
    }

    /// <summary>What a run knew when it was asked.</summary>
    public static string KnowledgeLine(KnowledgeEvent asked) =>
        $"{asked.Known} of {asked.Questions} questions known ({asked.Metric}) after step {asked.Step}; {asked.Learned} learned, {asked.Forgotten} forgotten";

    private static string StepLine(StepEvent step, RunProgress after)
    {
        var left = after.Remaining is { } remaining ? $", {Duration(remaining)} left" : "";
        return $"step {step.Step}/{after.TotalSteps}  loss {step.Loss:0.0000}  {Count(step.TokensPerSecond)} tokens/s  {step.StepSeconds * 1000:0} ms a step{left}";
    }

    private static string RecoveryLine(RecoveryEvent recovery)
    {
        var detected = recovery.HasDetectionSeconds ? $"known {recovery.DetectionSeconds * 1000:0} ms after its last sign of life, " : "";
        var repeated = recovery.RepeatedSteps > 0 ? $", {recovery.RepeatedSteps} steps are done again" : "";
        return $"recovered: {(recovery.WorkerId.Length > 0 ? $"worker {recovery.WorkerId} was lost, " : "")}{detected}{recovery.RecoverySeconds * 1000:0} ms to go on (state: {recovery.Source}){repeated}";
    }

    private static string StateLine(StateEvent state)
    {
        var workers = state.WorldSize > 0 ? $" on {state.WorldSize} worker{(state.WorldSize == 1 ? "" : "s")}" : "";
        var why = state.Reason.Length > 0 ? $": {state.Reason}" : "";
        return $"{RunEventJson.Word(state.State)}{workers}, generation {state.Generation}{why}";
    }
}
