using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Display;

/// <summary>What is known of a run from its events so far. Pure: each event gives a new one.</summary>
internal sealed record RunProgress
{
    private const double Smoothing = 0.9;

    public required string Name { get; init; }

    public required long TotalSteps { get; init; }

    public RunState State { get; init; } = RunState.Queued;

    public string Reason { get; init; } = "";

    public long Generation { get; init; }

    public int WorldSize { get; init; }

    public StepEvent? Step { get; init; }

    /// <summary>Seconds a step takes, smoothed over about ten steps; 0 before the first.</summary>
    public double SecondsPerStep { get; init; }

    /// <summary>Tokens a second, smoothed over about ten steps.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Training loss, smoothed over about ten steps.</summary>
    public double SmoothedLoss { get; init; }

    public EvaluationEvent? Evaluation { get; init; }

    public KnowledgeEvent? Knowledge { get; init; }

    public CheckpointEvent? Checkpoint { get; init; }

    /// <summary>Workers by id.</summary>
    public IReadOnlyDictionary<string, WorkerStatus> Workers { get; init; } = new SortedDictionary<string, WorkerStatus>(StringComparer.Ordinal);

    /// <summary>Warnings, newest last, at most four.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public long NextSequence { get; init; }

    /// <summary>Steps done.</summary>
    public long Done => Step?.Step ?? 0;

    /// <summary>Whether the run has come to its end, good or bad.</summary>
    public bool HasEnded => State is RunState.Succeeded or RunState.Failed or RunState.Cancelled;

    /// <summary>Time to the last step at the present pace, or null before the first step.</summary>
    public TimeSpan? Remaining => SecondsPerStep > 0 ? TimeSpan.FromSeconds(SecondsPerStep * Math.Max(0, TotalSteps - Done)) : null;

    /// <summary>A run as the coordinator tells it, before any event.</summary>
    public static RunProgress Of(Run run) => new RunProgress { Name = run.Name, TotalSteps = run.TotalSteps, State = run.State, Reason = run.Reason, Generation = run.Generation }
        .WithWorkers(run.Workers);

    /// <summary>The same run one event later.</summary>
    public RunProgress After(RunEvent happened)
    {
        var next = this with { NextSequence = happened.Sequence + 1 };
        return happened.EventCase switch
        {
            RunEvent.EventOneofCase.State => next with
            {
                State = happened.State.State,
                Reason = happened.State.Reason,
                Generation = happened.State.Generation,
                WorldSize = happened.State.WorldSize,
            },
            RunEvent.EventOneofCase.Step => next.AfterStep(happened.Step),
            RunEvent.EventOneofCase.Evaluation => next with { Evaluation = happened.Evaluation },
            RunEvent.EventOneofCase.Knowledge => next with { Knowledge = happened.Knowledge },
            RunEvent.EventOneofCase.Checkpoint => next with { Checkpoint = happened.Checkpoint },
            RunEvent.EventOneofCase.Worker => next.WithWorkers([happened.Worker.Worker]),
            RunEvent.EventOneofCase.Warning => next with { Warnings = [.. Warnings.TakeLast(3), happened.Warning.Text] },
            _ => next,
        };
    }

    private RunProgress AfterStep(StepEvent step) => this with
    {
        Step = step,
        SecondsPerStep = Smooth(SecondsPerStep, step.StepSeconds),
        TokensPerSecond = Smooth(TokensPerSecond, step.TokensPerSecond),
        SmoothedLoss = Smooth(SmoothedLoss, step.Loss),
    };

    /// <summary>The same run with newer words on some of its workers.</summary>
    public RunProgress WithWorkers(IEnumerable<WorkerStatus> changed)
    {
        var workers = new SortedDictionary<string, WorkerStatus>(Workers.ToDictionary(w => w.Key, w => w.Value), StringComparer.Ordinal);
        foreach (var worker in changed)
        {
            workers[worker.WorkerId] = worker;
        }

        return this with { Workers = workers };
    }

    private double Smooth(double before, double now) => Step is null ? now : (Smoothing * before) + ((1 - Smoothing) * now);
}
