namespace Orchestrator.Coordinator.Scheduling;

/// <summary>Something that someone asks the loop to do; answered when all that led to the answer is stored.</summary>
internal sealed class Work(Action<ControlState> what)
{
    private readonly TaskCompletionSource _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _refusal;

    /// <summary>Completes when it is done and stored, or fails with the refusal.</summary>
    public Task Stored => _stored.Task;

    /// <summary>Does it; a refusal is kept for whoever asked.</summary>
    public void Do(ControlState state)
    {
        try
        {
            what(state);
        }
        catch (RequestRefusedException e)
        {
            _refusal = e;
        }
    }

    /// <summary>It is stored.</summary>
    public void Done()
    {
        if (_refusal is null)
        {
            _stored.SetResult();
        }
        else
        {
            _stored.SetException(_refusal);
        }
    }

    /// <summary>It will not be stored.</summary>
    public void Fail(Exception why) => _stored.TrySetException(why);
}
