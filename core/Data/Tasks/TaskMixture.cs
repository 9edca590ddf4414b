using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>An example's place: which task, and how many of the task's were drawn before it.</summary>
/// <param name="Task">The task's place in the spec.</param>
/// <param name="Draw">From 0, over all epochs.</param>
public readonly record struct TaskDraw(int Task, long Draw);

/// <summary>In which order a mixture draws from its tasks: a pure function of the place in the order, reached at once.</summary>
/// <remarks>
/// An epoch has as many draws as the tasks have examples; each task has its <see cref="Quotas"/> of them, spread evenly: the tasks are halved
/// again and again, and at each halving the k-th draw goes to the first half where k a / (a + b) passes a whole number, a and b being the halves'
/// quotas. So any stretch holds each task's share to within one draw a halving, and a task's draws come in order.
/// </remarks>
public sealed class TaskMixture
{
    private readonly long[] _starts;

    /// <summary>The mixture of these numbers of draws an epoch.</summary>
    /// <param name="quotas">By task; at least one is above 0.</param>
    public TaskMixture(IReadOnlyList<long> quotas)
    {
        ArgumentNullException.ThrowIfNull(quotas);
        Quotas = [.. quotas];
        _starts = new long[quotas.Count + 1];
        for (var task = 0; task < quotas.Count; task++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(quotas[task], nameof(quotas));
            _starts[task + 1] = checked(_starts[task] + quotas[task]);
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(Count, 1, nameof(quotas));
    }

    /// <summary>Draws an epoch.</summary>
    public long Count => _starts[^1];

    /// <summary>Each task's draws an epoch.</summary>
    public IReadOnlyList<long> Quotas { get; }

    /// <summary>What is drawn at a place of an epoch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public TaskDraw At(long epoch, long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var (first, end, place) = (0, Quotas.Count, index);
        while (end - first > 1)
        {
            var middle = (first + end) / 2;
            var (left, all) = (_starts[middle] - _starts[first], _starts[end] - _starts[first]);
            var before = Share(place, left, all);
            if (Share(place + 1, left, all) > before)
            {
                (end, place) = (middle, before);
            }
            else
            {
                (first, place) = (middle, place - before);
            }
        }

        return new TaskDraw(first, checked((epoch * Quotas[first]) + place));
    }

    /// <summary>The rates of tasks: min(examples x scale, limit) ^ (1 / temperature), or all 1.</summary>
    /// <param name="mixture">The rule.</param>
    /// <param name="tasks">Rates, scales and limits by task.</param>
    /// <param name="examples">Numbers of training examples by task.</param>
    public static IReadOnlyList<double> Rates(MixtureSpec mixture, IReadOnlyList<TaskSpec> tasks, IReadOnlyList<long> examples)
    {
        ArgumentNullException.ThrowIfNull(mixture);
        return [.. tasks.Select((task, place) =>
        {
            if (mixture.Kind == MixtureKind.Equal)
            {
                return 1.0;
            }

            var rate = Math.Min((task.Rate ?? examples[place]) * task.Scale, task.Limit ?? mixture.Limit ?? double.PositiveInfinity);
            return mixture.Temperature == 1.0 ? rate : Math.Pow(rate, 1.0 / mixture.Temperature);
        })];
    }

    /// <summary>Divides an epoch among tasks by their rates: whole numbers, at least 1 each, by largest remainders, the first of equals first.</summary>
    /// <param name="rates">Above 0.</param>
    /// <param name="draws">Draws an epoch, at least as many as there are tasks.</param>
    public static IReadOnlyList<long> Divide(IReadOnlyList<double> rates, long draws)
    {
        ArgumentNullException.ThrowIfNull(rates);
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, rates.Count);
        var sum = rates.Sum();
        // One draw is each task's in any case; the others are divided by what the rates ask beyond it.
        var wanted = rates.Select(rate => Math.Max(0.0, (rate / sum * draws) - 1.0)).ToArray();
        var free = draws - rates.Count;
        var total = wanted.Sum();
        var exact = wanted.Select(share => total > 0 ? share / total * free : (double)free / rates.Count).ToArray();
        var quotas = exact.Select(share => 1 + (long)Math.Floor(share)).ToArray();
        foreach (var task in Enumerable.Range(0, rates.Count).OrderByDescending(task => exact[task] - Math.Floor(exact[task])).Take((int)Math.Max(0, draws - quotas.Sum())))
        {
            quotas[task]++;
        }

        return quotas;
    }

    private static long Share(long place, long left, long all) => (long)((UInt128)place * (UInt128)left / (UInt128)all);
}
