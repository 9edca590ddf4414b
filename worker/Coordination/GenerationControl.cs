using Orchestrator.Protos.V1;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Worker.Coordination;

/// <summary>What the session tells the training thread about the generation it works for. Thread-safe.</summary>
internal sealed class GenerationControl(Assignment assignment) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private ICommunicator? _communicator;
    private volatile bool _released;
    private bool _disposed;
    private volatile string? _drainReason;
    private volatile bool _saveAsked;

    public Assignment Assignment { get; } = assignment;

    public PlanBuffer Plans { get; } = new();

    /// <summary>Set when the generation is over: whatever waits for a peer fails at once.</summary>
    public bool Released => _released;

    /// <summary>Cancelled when the generation is over.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why this rank was asked to stop after the step in flight, or null.</summary>
    public string? DrainReason => _drainReason;

    /// <summary>Whether the state is to be saved before this rank stops.</summary>
    public bool SaveAsked => _saveAsked;

    /// <summary>Whether a message of that run and generation is meant for this one.</summary>
    public bool Is(string runId, long generation) => Assignment.RunId == runId && Assignment.Generation == generation;

    /// <summary>Asks this rank to stop after the step in flight.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="save">Whether the state is to be saved, since nobody is sure to take it over from memory.</param>
    public void RequestDrain(string reason, bool save)
    {
        _saveAsked |= save;
        _drainReason ??= reason;
        Plans.Wake();
    }

    public void Release()
    {
        lock (_gate)
        {
            _released = true;
            _communicator?.Abort();
            if (!_disposed)
            {
                _ended.Cancel();
            }
        }

        Plans.Close();
    }

    /// <summary>Lets a release reach the communicator; one that was released before is aborted at once.</summary>
    public void Attach(ICommunicator communicator)
    {
        lock (_gate)
        {
            _communicator = communicator;
            if (_released)
            {
                communicator.Abort();
            }
        }
    }

    /// <summary>The communicator is about to be disposed.</summary>
    public void Detach()
    {
        lock (_gate)
        {
            _communicator = null;
        }
    }

    /// <summary>Nobody waits any more; a late release is heard and changes nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _ended.Dispose();
        }
    }
}
