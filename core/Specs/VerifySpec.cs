using Orchestrator.Core.Data;

namespace Orchestrator.Core.Specs;

/// <summary>How often a slot's gradient is computed twice, on two ranks, to find machines that compute wrong bits without saying so.</summary>
public sealed record VerifySpec
{
    /// <summary>Share of the steps of which one slot is checked; 0: none. A check costs a slot's time on one rank.</summary>
    [AllowedRange(0, 1)]
    public double Rate { get; init; }

    /// <summary>What is done about a rank that computed other bits.</summary>
    public VerifyPolicy Policy { get; init; } = VerifyPolicy.Stop;
}

/// <summary>What is done about a rank that computed other bits than it should have.</summary>
public enum VerifyPolicy
{
    /// <summary>The run fails, naming rank, slot and tensor; nothing is updated.</summary>
    Stop,

    /// <summary>The rank leaves the run, and the others do the step again.</summary>
    Quarantine,
}

/// <summary>Which slots are checked: a function of the seed and the step.</summary>
public static class SlotPick
{
    private const ulong Stream = 0x56455249;

    /// <summary>The slot of a step that is checked, or null.</summary>
    public static int? Of(RunSpec spec, long step)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var draw = SeededRandom.Combine(Stream, (ulong)spec.Seed, (ulong)step);
        return (draw >> 11) * (1.0 / (1UL << 53)) < spec.Verify.Rate ? (int)(SeededRandom.Combine(draw, 1) % (ulong)spec.Batch.Microbatches) : null;
    }
}
