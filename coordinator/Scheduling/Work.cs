namespace Orchestrator.Coordinator.Scheduling;

/// <summary>Something that someone asks the loop to do; answered when all that led to the answer is stored.</summary>
/// <param name="what">What is asked.</param>
/// <param name="stored">Completes when it is done and stored, or fails with the refusal; null: nobody waits.</param>
internal sealed class Work(Action<ControlState> what, TaskCompletionSource? stored = null)
{
    private Exception? _refusal;

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
            stored?.SetResult();
        }
        else
        {
            stored?.SetException(_refusal);
        }
    }

    /// <summary>It will not be stored.</summary>
    public void Fail(Exception why) => stored?.TrySetException(why);
}
