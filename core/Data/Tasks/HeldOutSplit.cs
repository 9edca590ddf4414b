namespace Orchestrator.Core.Data.Tasks;

/// <summary>Which examples of a task are held out: a share of them, spread over the files, the same for every run; or those that a data set's publishers hold out.</summary>
public sealed class HeldOutSplit
{
    // Not the run's seed: runs of several seeds are measured on the same examples.
    private const long Seed = 0x48454C44;

    // Null where examples keep their places.
    private readonly SampleOrder? _order;
    private readonly long _trainFirst;
    private readonly long _heldOutFirst;

    /// <summary>A split by share.</summary>
    /// <param name="count">Examples, at least 1.</param>
    /// <param name="share">In [0, 1): above 0 at least one example is held out, and at least one is not.</param>
    public HeldOutSplit(long count, double share)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        HeldOut = share > 0 ? Math.Clamp((long)Math.Round(count * share), Math.Min(1, count - 1), count - 1) : 0;
        Train = count - HeldOut;
        _trainFirst = HeldOut;
        _order = HeldOut > 0 ? new SampleOrder(Seed, count) : null;
    }

    /// <summary>A split by place; the examples that are in neither range are left out.</summary>
    /// <param name="train">Examples [First, End) to train on.</param>
    /// <param name="heldOut">Examples [First, End) that are held out.</param>
    public HeldOutSplit((long First, long End) train, (long First, long End) heldOut)
    {
        (_trainFirst, Train) = (train.First, train.End - train.First);
        (_heldOutFirst, HeldOut) = (heldOut.First, heldOut.End - heldOut.First);
    }

    /// <summary>Examples that are held out.</summary>
    public long HeldOut { get; }

    /// <summary>Examples that are trained on.</summary>
    public long Train { get; }

    /// <summary>An example that is held out, by its number among them.</summary>
    public long HeldOutExample(long number) => Example(_heldOutFirst + number);

    /// <summary>An example that is trained on, by its number among them.</summary>
    public long TrainExample(long number) => Example(_trainFirst + number);

    private long Example(long place) => _order is null ? place : _order.At(0, place);
}
