using Google.Protobuf.WellKnownTypes;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Scheduling;

/// <summary>From the product's types to the wire's and back.</summary>
internal static class Wire
{
    public static Timestamp Time(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static RunState State(RunPhase phase) => phase switch
    {
        RunPhase.Queued => RunState.Queued,
        RunPhase.Placing => RunState.Placing,
        RunPhase.Running => RunState.Running,
        RunPhase.Recovering => RunState.Recovering,
        RunPhase.Paused => RunState.Paused,
        RunPhase.Succeeded => RunState.Succeeded,
        RunPhase.Failed => RunState.Failed,
        RunPhase.Cancelled => RunState.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "not a phase"),
    };

    public static SampleRange Range(Core.Data.SampleRange range) => new() { Epoch = range.Epoch, First = range.First, Count = range.Count };

    public static AskedQuestions Knowledge(KnowledgeEvent asked) =>
        new(asked.Step, asked.Attempt, asked.Questions, asked.Known, asked.Learned, asked.Forgotten, asked.Metric, asked.Seconds, asked.Path);

    public static KnowledgeEvent Knowledge(AskedQuestions asked) => new()
    {
        Step = asked.Step,
        Attempt = asked.Attempt,
        Questions = asked.Questions,
        Known = asked.Known,
        Learned = asked.Learned,
        Forgotten = asked.Forgotten,
        Metric = asked.Metric,
        Seconds = asked.Seconds,
        Path = asked.Path,
    };

    public static StepEvent Step(CommitStep commit, IEnumerable<Core.Data.SampleRange> samples, double tokensPerSecond)
    {
        var step = new StepEvent { Step = commit.Step, Attempt = commit.Generation, WeightsDigest = commit.WeightsDigest ?? 0 };
        step.Samples.Add(samples.Select(Range));
        if (commit.Facts is { } facts)
        {
            step.Loss = facts.Loss;
            step.Tokens = facts.Tokens;
            step.TargetTokens = facts.TargetTokens;
            step.TokensPerSecond = tokensPerSecond;
            step.StepSeconds = facts.StepSeconds;
            step.LearningRate = facts.LearningRate;
            step.GradientNorm = facts.GradientNorm;
            step.Times = new StepTimes
            {
                InputWait = facts.InputWait,
                Compute = facts.Compute,
                Exchange = facts.Exchange,
                Update = facts.Update,
                CheckpointStall = facts.CheckpointStall,
                Control = facts.Control,
                PeerWait = facts.PeerWait,
                Evaluation = facts.Evaluation,
            };
        }

        return step;
    }

    /// <summary>What was measured of a step; null where the rank says only that it is done.</summary>
    public static StepFacts? Facts(StepEvent step) => step.TargetTokens <= 0 ? null : new StepFacts(
        step.Loss, step.Tokens, step.TargetTokens, step.StepSeconds, step.LearningRate, step.GradientNorm,
        step.Times?.InputWait ?? 0, step.Times?.Compute ?? 0, step.Times?.Exchange ?? 0, step.Times?.Update ?? 0, step.Times?.CheckpointStall ?? 0, step.Times?.Control ?? 0,
        step.Times?.PeerWait ?? 0, step.Times?.Evaluation ?? 0);

    public static Core.Runs.WorkerTimes? Times(Protos.V1.WorkerTimes? times) => times is null ? null : new Core.Runs.WorkerTimes
    {
        Compute = times.Compute,
        Exchange = times.Exchange,
        PeerWait = times.PeerWait,
        InputWait = times.InputWait,
        Update = times.Update,
        Evaluation = times.Evaluation,
        CheckpointStall = times.CheckpointStall,
        Recovery = times.Recovery,
        Start = times.Start,
        Waiting = times.Waiting,
        Control = times.Control,
    };

    public static Protos.V1.WorkerTimes Times(Core.Runs.WorkerTimes times) => new()
    {
        Compute = times.Compute,
        Exchange = times.Exchange,
        PeerWait = times.PeerWait,
        InputWait = times.InputWait,
        Update = times.Update,
        Evaluation = times.Evaluation,
        CheckpointStall = times.CheckpointStall,
        Recovery = times.Recovery,
        Start = times.Start,
        Waiting = times.Waiting,
        Control = times.Control,
    };

    public static LeftOutcome? Outcome(Left.Types.Outcome outcome) => outcome switch
    {
        Left.Types.Outcome.Finished => LeftOutcome.Finished,
        Left.Types.Outcome.Drained => LeftOutcome.Drained,
        Left.Types.Outcome.PeerLost => LeftOutcome.PeerLost,
        Left.Types.Outcome.Failed => LeftOutcome.Failed,
        Left.Types.Outcome.Broken => LeftOutcome.Broken,
        _ => null,
    };
}
