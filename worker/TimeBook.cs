using Orchestrator.Core.Runs;

namespace Orchestrator.Worker;

/// <summary>What a rank's seconds of a generation go to. There is always exactly one purpose, so they add up to the time that passed.</summary>
/// <remarks>Owned by the training thread.</remarks>
internal sealed class TimeBook(TimeProvider clock)
{
    private long _since = clock.GetTimestamp();
    private Purpose _purpose = Purpose.Recovery;
    private WorkerTimes _kept = WorkerTimes.None;

    /// <summary>All seconds so far.</summary>
    public WorkerTimes Spent { get; private set; } = WorkerTimes.None;

    /// <summary>From here on, time goes to this.</summary>
    public void Enter(Purpose purpose)
    {
        var now = clock.GetTimestamp();
        Spent = Spent.Plus(Of(_purpose, clock.GetElapsedTime(_since, now).TotalSeconds));
        (_since, _purpose) = (now, purpose);
    }

    /// <summary>What was spent since the last time this was called led to a step, and counts.</summary>
    /// <returns>Those seconds.</returns>
    public WorkerTimes Keep()
    {
        Enter(_purpose);
        var since = Spent.Minus(_kept);
        _kept = Spent;
        return since;
    }

    /// <summary>What was spent since <see cref="Keep"/> came to nothing: the step is done again.</summary>
    public void Void()
    {
        Enter(Purpose.Recovery);
        Spent = _kept with { Recovery = _kept.Recovery + Spent.Total - _kept.Total };
        _kept = Spent;
    }

    /// <summary>What was spent so far went to a start, since there was nothing to recover.</summary>
    public void WasStart()
    {
        Enter(_purpose);
        Spent = WorkerTimes.None with { Start = Spent.Total };
        _kept = Spent;
    }

    private static WorkerTimes Of(Purpose purpose, double seconds) => purpose switch
    {
        Purpose.Compute => new WorkerTimes { Compute = seconds },
        Purpose.Exchange => new WorkerTimes { Exchange = seconds },
        Purpose.PeerWait => new WorkerTimes { PeerWait = seconds },
        Purpose.InputWait => new WorkerTimes { InputWait = seconds },
        Purpose.Update => new WorkerTimes { Update = seconds },
        Purpose.Evaluation => new WorkerTimes { Evaluation = seconds },
        Purpose.CheckpointStall => new WorkerTimes { CheckpointStall = seconds },
        Purpose.Recovery => new WorkerTimes { Recovery = seconds },
        _ => new WorkerTimes { Control = seconds },
    };
}

/// <summary>What a rank's time goes to; see <see cref="WorkerTimes"/>.</summary>
internal enum Purpose
{
    Compute,
    Exchange,
    PeerWait,
    InputWait,
    Update,
    Evaluation,
    CheckpointStall,
    Recovery,
    Control,
}
