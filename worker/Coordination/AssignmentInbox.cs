namespace Orchestrator.Worker.Coordination;

/// <summary>Hands assignments from the session to the training thread. The newest generation counts; an older one is released.</summary>
internal sealed class AssignmentInbox
{
    private readonly object _gate = new();
    private GenerationControl? _next;
    private GenerationControl? _current;
    private string? _stopReason;
    private bool _forgetAsked;

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

    /// <summary>Waits for the next assignment.</summary>
    /// <param name="forget">Called while waiting when the last run has ended.</param>
    /// <returns>Null once this worker was asked to stop.</returns>
    public GenerationControl? TakeNext(Action forget)
    {
        lock (_gate)
        {
            while (_next is null && _stopReason is null)
            {
                if (_forgetAsked)
                {
                    _forgetAsked = false;
                    forget();
                }

                Monitor.Wait(_gate);
            }

            if (_stopReason is not null)
            {
                return null;
            }

            (_current, _next) = (_next, null);
            return _current;
        }
    }
}
