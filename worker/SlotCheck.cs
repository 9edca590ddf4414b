using Orchestrator.Core.Data;
using Orchestrator.Core.Plans;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Worker;

/// <summary>Finds machines that compute wrong bits and say nothing: on some steps a slot's gradient is computed by a second rank too, and compared bit by bit.</summary>
/// <remarks>
/// Which steps and slots is a function of the run's seed and the step (<see cref="SlotPick"/>). The next rank checks; a world of one checks itself. Where the two
/// differ, both compute once more: of four results the odd one names who is wrong. The weights are not touched, so a check leaves no trace in them.
/// </remarks>
internal sealed unsafe class SlotCheck(TrainingState state, IReadOnlyList<SlotRange> shares, ICommunicator communicator)
{
    private readonly IReadOnlyList<TensorView> _gradients = state.Parameters.GradientViews;
    private long _step;
    private IReadOnlyList<SampleRange> _samples = [];
    private int _slot = -1;
    private ulong[] _mine = [];
    private ulong[] _second = [];

    private int Owner => Enumerable.Range(0, shares.Count).First(rank => shares[rank].First <= _slot && _slot < shares[rank].End);

    private int Checker => (Owner + 1) % shares.Count;

    /// <summary>What the dropout of a slot is drawn from.</summary>
    public static long Seed(RunSpec spec, long step, int slot) => (long)(SeededRandom.Combine((ulong)spec.Seed, (ulong)step, (ulong)slot) >> 1);

    /// <summary>Before the step's own slots: computes the slot that this rank checks, if it does. The flat gradient is overwritten.</summary>
    public void Begin(long step, IReadOnlyList<SampleRange> samples)
    {
        _slot = SlotPick.Of(state.Spec, step) ?? -1;
        (_step, _samples, _mine, _second) = (step, samples, [], []);
        if (_slot >= 0 && Checker == communicator.Rank)
        {
            _second = Compute();
        }
    }

    /// <summary>A slot's gradient is in the flat buffer.</summary>
    public void Computed(int slot)
    {
        if (slot == _slot)
        {
            _mine = Digests();
        }
    }

    /// <summary>Compares; every rank comes to the same verdict.</summary>
    /// <exception cref="RunFaultException">The bits differ, and the policy is to stop or nobody can say who is wrong.</exception>
    /// <exception cref="FaultyMachineException">This rank is the one that is wrong, and leaves.</exception>
    /// <exception cref="PeerLostException">Another rank is wrong and leaves.</exception>
    public void Compare()
    {
        if (_slot < 0)
        {
            return;
        }

        var (owner, checker) = (Owner, Checker);
        var (first, second) = Share(owner, checker);
        var tensor = Enumerable.Range(0, first.Length).Where(i => first[i] != second[i]).DefaultIfEmpty(-1).First();
        if (tensor < 0)
        {
            return;
        }

        if (communicator.Rank == owner || communicator.Rank == checker)
        {
            var again = Compute();
            (_mine, _second) = (communicator.Rank == owner ? again : _mine, communicator.Rank == checker ? again : _second);
        }

        var (firstAgain, secondAgain) = Share(owner, checker);
        var culprit = Odd(owner, first, firstAgain, second, secondAgain) ?? Odd(checker, second, secondAgain, first, firstAgain) ?? -1;
        var found = $"Step {_step}: the gradient of slot {_slot} has other bits on rank {owner} than on rank {checker}, first in {_gradients[tensor].Name}; ";
        if (culprit < 0)
        {
            throw new RunFaultException($"{found}both stay with theirs, so one of their machines computes wrongly and nothing was updated. Run on other machines, or find out which with 'orchestrator replay'.");
        }

        found += $"computed again, rank {culprit} came to other bits than before, so its machine computes wrongly. Nothing was updated";
        if (state.Spec.Verify.Policy == VerifyPolicy.Stop || shares.Count == 1)
        {
            throw new RunFaultException($"{found}. Take that machine out and resume.");
        }

        throw culprit == communicator.Rank ? new FaultyMachineException($"{found}; the run goes on without it.") : new PeerLostException($"{found}; the run goes on without it.", culprit);
    }

    private static int? Odd(int rank, ulong[] first, ulong[] again, ulong[] other, ulong[] otherAgain) =>
        other.SequenceEqual(otherAgain) && again.SequenceEqual(other) && !first.SequenceEqual(again) ? rank : null;

    private ulong[] Compute()
    {
        var batch = state.Training.Make(_step, _samples, _slot).Tokens;
        state.ForwardBackward(batch, Seed(state.Spec, _step, _slot));
        return Digests();
    }

    private ulong[] Digests() => [.. _gradients.Select(gradient => WeightsDigest.Of(gradient))];

    // The owner's and the checker's digests, on every rank. One that is both holds them itself.
    private (ulong[] Owner, ulong[] Checker) Share(int owner, int checker)
    {
        if (owner == checker)
        {
            return (_mine, _second);
        }

        var count = _gradients.Count;
        using var buffer = new UnmanagedBuffer(2L * count * sizeof(ulong));
        var all = new Span<ulong>(buffer.Start, 2 * count);
        var places = owner < checker ? (Owner: 0, Checker: count) : (Owner: count, Checker: 0);
        if (communicator.Rank == owner)
        {
            _mine.CopyTo(all[places.Owner..]);
        }
        else if (communicator.Rank == checker)
        {
            _second.CopyTo(all[places.Checker..]);
        }

        var bytes = new long[shares.Count];
        bytes[owner] = bytes[checker] = count * sizeof(ulong);
        communicator.AllGather(buffer.Start, bytes);
        return (all.Slice(places.Owner, count).ToArray(), all.Slice(places.Checker, count).ToArray());
    }
}
