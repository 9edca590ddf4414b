using Orchestrator.Protos.V1;

namespace Orchestrator.Worker.Coordination;

/// <summary>The coordinator's plan for the coming steps, as far as it was heard. Filled by the session, emptied by the training thread.</summary>
internal sealed class PlanBuffer
{
    private readonly SortedDictionary<long, PlannedStep> _steps = [];
    private readonly object _gate = new();
    private bool _closed;

    /// <summary>Adds what the coordinator said; a step said twice counts once.</summary>
    public void Add(IEnumerable<PlannedStep> steps)
    {
        lock (_gate)
        {
            foreach (var step in steps)
            {
                _steps[step.Step] = step;
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Wakes the taker: the generation is over.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>All known steps from <paramref name="from"/> on, in order, without a gap; waits until the first of them is there.</summary>
    /// <param name="from">The next step wanted.</param>
    /// <param name="interrupted">Asked on every wake-up; true ends the wait.</param>
    /// <returns>Empty if the wait was ended.</returns>
    public IReadOnlyList<PlannedStep> TakeFrom(long from, Func<bool> interrupted)
    {
        lock (_gate)
        {
            while (!_steps.ContainsKey(from))
            {
                if (_closed || interrupted())
                {
                    return [];
                }

                Monitor.Wait(_gate);
            }

            var run = new List<PlannedStep>();
            for (var step = from; _steps.Remove(step, out var planned); step++)
            {
                run.Add(planned);
            }

            return run;
        }
    }

    /// <summary>Wakes the taker, so that it asks again whether it is interrupted.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
