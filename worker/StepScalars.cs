using System.Runtime.InteropServices;
using Orchestrator.Core.Plans;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Worker;

/// <summary>Whether a rank wants to stop after the step in flight.</summary>
internal enum StopWish
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The run goes on at once with other ranks, from the memory of these.</summary>
    GoOn,

    /// <summary>The state may be needed from disk: it is saved first.</summary>
    Save,
}

/// <summary>The numbers every rank must know of every slot before anything is updated: losses, token counts, health, and whether someone asks to stop.</summary>
/// <remarks>One small all-gather a step. Sums are taken in double along the canonical tree, so that they do not depend on the world size.</remarks>
internal sealed unsafe class StepScalars : IDisposable
{
    private readonly ICommunicator _communicator;
    private readonly SlotRange[] _shares;
    private readonly long[] _bytesByRank;
    private readonly UnmanagedBuffer _buffer;
    private readonly SlotScalars[] _slots;

    public StepScalars(IReadOnlyList<SlotRange> shares, ICommunicator communicator)
    {
        _communicator = communicator;
        _shares = [.. shares];
        _bytesByRank = [.. _shares.Select(share => (long)(sizeof(long) + (share.Count * sizeof(SlotScalars))))];
        _buffer = new UnmanagedBuffer(_bytesByRank.Sum());
        _slots = new SlotScalars[_shares[^1].End];
    }

    /// <summary>What the ranks that want to stop after this step want most; known to all of them at the same step.</summary>
    public StopWish Wish { get; private set; }

    /// <summary>The first slot whose loss or gradient is not finite, or -1.</summary>
    public int FirstUnhealthy => Array.FindIndex(_slots, slot => slot.Healthy == 0);

    /// <summary>Sum of the losses, nats, without the z-loss.</summary>
    public double Loss => Sum(new SlotRange(0, _slots.Length), slot => slot.Loss);

    /// <summary>Target tokens that count.</summary>
    public long TargetTokens => _slots.Sum(slot => slot.TargetTokens);

    /// <summary>Input and target tokens.</summary>
    public long Tokens => _slots.Sum(slot => slot.Tokens);

    /// <summary>Sets what this rank found in one of its slots.</summary>
    public void Set(int slot, double loss, long targetTokens, long tokens, bool healthy) =>
        _slots[slot] = new SlotScalars { Loss = loss, TargetTokens = targetTokens, Tokens = tokens, Healthy = healthy ? 1 : 0 };

    /// <summary>Tells the others and hears from them.</summary>
    /// <exception cref="PeerLostException">A peer died or was too late.</exception>
    public void Exchange(StopWish wish)
    {
        var place = (byte*)_buffer.Start;
        for (var rank = 0; rank < _communicator.Rank; rank++)
        {
            place += _bytesByRank[rank];
        }

        *(long*)place = (long)wish;
        var mine = _shares[_communicator.Rank];
        _slots.AsSpan(mine.First, mine.Count).CopyTo(new Span<SlotScalars>(place + sizeof(long), mine.Count));
        _communicator.AllGather(_buffer.Start, _bytesByRank);

        Wish = StopWish.None;
        place = (byte*)_buffer.Start;
        for (var rank = 0; rank < _shares.Length; rank++)
        {
            Wish = (StopWish)Math.Max((long)Wish, *(long*)place);
            new Span<SlotScalars>(place + sizeof(long), _shares[rank].Count).CopyTo(_slots.AsSpan(_shares[rank].First));
            place += _bytesByRank[rank];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private double Sum(SlotRange node, Func<SlotScalars, double> value)
    {
        if (node.Count == 1)
        {
            return value(_slots[node.First]);
        }

        var middle = SlotTree.Middle(node);
        return Sum(new SlotRange(node.First, middle), value) + Sum(new SlotRange(middle, node.End), value);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct SlotScalars
    {
        public double Loss;
        public long TargetTokens;
        public long Tokens;
        public long Healthy;
    }
}
