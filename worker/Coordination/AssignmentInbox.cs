using Orchestrator.Protos.V1;

namespace Orchestrator.Worker.Coordination;

/// <summary>Hands assignments from the session to the training thread. The newest generation counts; an older one is released.</summary>
internal sealed class AssignmentInbox
{
    private readonly object _gate = new();
    private GenerationControl? _next;
    private GenerationControl? _current;
    private string? _stopReason;
    private bool _forgetAsked;
    private Prepare? _prepare;

    /// <summary>The generation being worked for or, between two, the last one.</summary>
    public GenerationControl? Current
    {
        get
        {
            lock (_gate)
            {
                return _current;
            }
        }
    }

    /// <summary>A new assignment; whatever this rank is doing is over. One that is known already (said again after a reconnect) changes nothing.</summary>
    public void Put(GenerationControl control)
    {
        lock (_gate)
        {
            if (Find(control.Assignment.RunId, control.Assignment.Generation) is not null)
            {
                return;
            }

            _current?.Release();
            _next?.Release();
            _next = control;
            if (_stopReason is not null)
            {
                control.RequestDrain(_stopReason, save: true);
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The control of that generation, worked for or waiting, or null.</summary>
    public GenerationControl? Find(string runId, long generation)
    {
        lock (_gate)
        {
            return _next?.Is(runId, generation) == true ? _next
                : _current?.Is(runId, generation) == true ? _current
                : null;
        }
    }

    /// <summary>Asks the generation in work to drain and lets <see cref="TakeNext"/> end.</summary>
    public void Stop(string reason)
    {
        lock (_gate)
        {
            _stopReason = reason;
            _current?.RequestDrain(reason, save: true);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Lets the waiting training thread drop the state of a run that has ended.</summary>
    public void AskToForget()
    {
        lock (_gate)
        {
            _forgetAsked = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Lets the waiting training thread make itself ready for a run.</summary>
    public void AskToPrepare(Prepare prepare)
    {
        lock (_gate)
        {
            _prepare = prepare;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for the next assignment.</summary>
    /// <param name="forget">Called while waiting when the last run has ended.</param>
    /// <param name="prepare">Called while waiting when a run will want this worker.</param>
    /// <returns>Null once this worker was asked to stop.</returns>
    public GenerationControl? TakeNext(Action forget, Action<Prepare> prepare)
    {
        while (true)
        {
            Prepare asked;
            lock (_gate)
            {
                while (_next is null && _stopReason is null && (_prepare is null || _forgetAsked))
                {
                    if (_forgetAsked)
                    {
                        _forgetAsked = false;
                        forget();
                        continue;
                    }

                    Monitor.Wait(_gate);
                }

                if (_stopReason is not null)
                {
                    return null;
                }

                if (_next is not null)
                {
                    (_current, _next, _prepare) = (_next, null, null);
                    return _current;
                }

                (asked, _prepare) = (_prepare!, null);
            }

            // Takes seconds: the session must not wait for it.
            prepare(asked);
        }
    }
}
