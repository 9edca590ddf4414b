using Orchestrator.Training.Optim;

namespace Orchestrator.Worker;

/// <summary>Flips a bit in the gradient of each of a step's slots, the first time that this worker does the step, as a faulty memory or processor might.</summary>
/// <remarks>For tests of what finds it; no run does this by itself.</remarks>
/// <param name="flipAt">The step at which it happens.</param>
internal sealed class FaultInjection(long flipAt)
{
    private const int Bit = 1 << 22;
    private int _last = -1;
    private bool _done;

    /// <summary>Flips the bit if it is time. A step's slots come in rising order, so a lower one is of a later attempt.</summary>
    public unsafe void Flip(long step, int slot, FlatParameters parameters)
    {
        _done |= step == flipAt && slot <= _last;
        if (step == flipAt && !_done)
        {
            _last = slot;
            ((int*)parameters.Gradients)[parameters.GradientLength / 2] ^= Bit;
        }
    }
}
