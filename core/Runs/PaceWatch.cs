using System.Globalization;

namespace Orchestrator.Core.Runs;

/// <summary>Finds a generation's slow ranks: whose slots take much longer than the others', over windows of steps.</summary>
/// <remarks>
/// A rank is slow when its median is above <see cref="SlowFactor"/> times the median of the others' medians, and by more than <see cref="LeastGapSeconds"/>, in
/// <see cref="Windows"/> windows in a row; it is steady again when it was below <see cref="SteadyFactor"/> times in as many. One bad window names nobody.
/// </remarks>
public sealed class PaceWatch
{
    /// <summary>Steps of a window.</summary>
    public const int Window = 16;

    /// <summary>Windows in a row that change a rank's standing.</summary>
    public const int Windows = 2;

    /// <summary>A rank this many times as slow as the others is slow.</summary>
    public const double SlowFactor = 1.5;

    /// <summary>A slow rank below this many times the others is steady again.</summary>
    public const double SteadyFactor = 1.2;

    /// <summary>A smaller difference a slot is nobody's concern, seconds.</summary>
    public const double LeastGapSeconds = 0.002;

    private readonly Dictionary<string, Pace> _paces = new(StringComparer.Ordinal);
    private (string RunId, long Generation) _scope;

    /// <summary>A rank's median time for a slot over its last whole window, seconds; 0 before the first.</summary>
    public double SecondsPerSlot(string workerId) => _paces.GetValueOrDefault(workerId)?.Median ?? 0;

    /// <summary>Whether a rank is slow now.</summary>
    public bool IsSlow(string workerId) => _paces.GetValueOrDefault(workerId)?.Slow ?? false;

    /// <summary>Notes a step of a rank.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="generation">Its generation; another one starts anew.</param>
    /// <param name="members">How many ranks there are.</param>
    /// <param name="workerId">The rank's worker.</param>
    /// <param name="secondsPerSlot">Compute time of the step by the rank's slots.</param>
    /// <returns>What changed, once every rank has a whole window.</returns>
    public IReadOnlyList<PaceChanged> Observe(string runId, long generation, int members, string workerId, double secondsPerSlot)
    {
        if (_scope != (runId, generation))
        {
            _scope = (runId, generation);
            _paces.Clear();
        }

        if (!_paces.TryGetValue(workerId, out var pace))
        {
            _paces.Add(workerId, pace = new Pace());
        }

        pace.Recent.Add(secondsPerSlot);
        if (pace.Recent.Count < Window || members < 2 || _paces.Count < members || _paces.Values.Any(other => other.Recent.Count < Window))
        {
            return [];
        }

        foreach (var each in _paces.Values)
        {
            each.Median = Median(each.Recent);
            each.Recent.Clear();
        }

        return [.. _paces.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Judge(pair.Key, pair.Value)).OfType<PaceChanged>()];
    }

    private PaceChanged? Judge(string workerId, Pace pace)
    {
        var others = Median([.. _paces.Where(pair => pair.Key != workerId).Select(pair => pair.Value.Median)]);
        var changes = pace.Slow
            ? pace.Median < SteadyFactor * others
            : pace.Median > SlowFactor * others && pace.Median - others > LeastGapSeconds;
        pace.Votes = changes ? pace.Votes + 1 : 0;
        if (pace.Votes < Windows)
        {
            return null;
        }

        (pace.Slow, pace.Votes) = (!pace.Slow, 0);
        var figures = string.Create(
            CultureInfo.InvariantCulture, $"{1000 * pace.Median:0.0} ms a slot, the others {1000 * others:0.0} ms (medians of {Window} steps)");
        return new PaceChanged(_scope.RunId, workerId, pace.Slow, pace.Slow ? $"slow: {figures}" : $"keeps pace again: {figures}");
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private sealed class Pace
    {
        public List<double> Recent { get; } = [];

        public double Median { get; set; }

        public int Votes { get; set; }

        public bool Slow { get; set; }
    }
}
