namespace Orchestrator.Core.Runs;

/// <summary>Worker-seconds by what they went to. Every second of every worker of a run is in exactly one of them.</summary>
public sealed record WorkerTimes
{
    /// <summary>None.</summary>
    public static WorkerTimes None { get; } = new();

    /// <summary>Forward and backward of slots, and their sum on the rank itself.</summary>
    public double Compute { get; init; }

    /// <summary>The gradients' sum across ranks.</summary>
    public double Exchange { get; init; }

    /// <summary>Done with its own slots, waiting for the slowest rank.</summary>
    public double PeerWait { get; init; }

    /// <summary>Waiting for input to be prepared.</summary>
    public double InputWait { get; init; }

    /// <summary>The optimizer's step and the weights digest.</summary>
    public double Update { get; init; }

    /// <summary>Measuring the validation loss.</summary>
    public double Evaluation { get; init; }

    /// <summary>Standing still for a checkpoint.</summary>
    public double CheckpointStall { get; init; }

    /// <summary>From the loss of a worker until training goes on, a step that is done again, and changes of the world size.</summary>
    public double Recovery { get; init; }

    /// <summary>Opening the corpus, building the model and taking up a state at the start or restart of a run, and the time of ranks that were gone when a coordinator came back.</summary>
    public double Start { get; init; }

    /// <summary>The run waits for its minimum of workers.</summary>
    public double Waiting { get; init; }

    /// <summary>Plans, reports, and what lies between a message and its effect.</summary>
    public double Control { get; init; }

    /// <summary>All of them.</summary>
    public double Total => Compute + Exchange + PeerWait + InputWait + Update + Evaluation + CheckpointStall + Recovery + Start + Waiting + Control;

    /// <summary>The share that moved the run forward: compute, exchange and update; 0 where nothing was booked.</summary>
    public double Goodput => Total > 0 ? (Compute + Exchange + Update) / Total : 0;

    /// <summary>Adds each.</summary>
    public WorkerTimes Plus(WorkerTimes other) => Combine(other, 1);

    /// <summary>Takes each away.</summary>
    public WorkerTimes Minus(WorkerTimes other) => Combine(other, -1);

    /// <summary>All of them times a factor.</summary>
    public WorkerTimes Scaled(double factor) => None.Combine(this, factor);

    private WorkerTimes Combine(WorkerTimes other, double factor) => new()
    {
        Compute = Compute + (factor * other.Compute),
        Exchange = Exchange + (factor * other.Exchange),
        PeerWait = PeerWait + (factor * other.PeerWait),
        InputWait = InputWait + (factor * other.InputWait),
        Update = Update + (factor * other.Update),
        Evaluation = Evaluation + (factor * other.Evaluation),
        CheckpointStall = CheckpointStall + (factor * other.CheckpointStall),
        Recovery = Recovery + (factor * other.Recovery),
        Start = Start + (factor * other.Start),
        Waiting = Waiting + (factor * other.Waiting),
        Control = Control + (factor * other.Control),
    };
}
