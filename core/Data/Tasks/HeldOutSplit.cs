namespace Orchestrator.Core.Data.Tasks;

/// <summary>Which examples of a task are held out: a share of them, spread over the files, the same for every run.</summary>
public sealed class HeldOutSplit
{
    // Not the run's seed: runs of several seeds are measured on the same examples.
    private const long Seed = 0x48454C44;

    private readonly SampleOrder _order;

    /// <summary>The split of a task.</summary>
    /// <param name="count">Examples, at least 1.</param>
    /// <param name="share">In [0, 1): above 0 at least one example is held out, and at least one is not.</param>
    public HeldOutSplit(long count, double share)
    {
        _order = new SampleOrder(Seed, count);
        HeldOut = share > 0 ? Math.Clamp((long)Math.Round(count * share), Math.Min(1, count - 1), count - 1) : 0;
    }

    /// <summary>Examples that are held out.</summary>
    public long HeldOut { get; }

    /// <summary>Examples that are trained on.</summary>
    public long Train => _order.Count - HeldOut;

    /// <summary>An example that is held out, by its number among them.</summary>
    public long HeldOutExample(long number) => _order.At(0, number);

    /// <summary>An example that is trained on, by its number among them.</summary>
    public long TrainExample(long number) => HeldOut == 0 ? number : _order.At(0, HeldOut + number);
}
