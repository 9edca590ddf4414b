using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>What a model is asked to do with a piece of text: a pure function of its arguments. Thread-safe.</summary>
public interface IObjective
{
    /// <summary>How long its samples are; <see cref="Core.Specs.ObjectiveLengths"/> says the same of the spec.</summary>
    SampleLengths Lengths { get; }

    /// <summary>Whether it says which targets count in <see cref="Row.TargetMask"/>; otherwise those count that are not 0.</summary>
    bool MasksTargets => false;

    /// <summary>Makes a row.</summary>
    /// <param name="raw">The sample's tokens, <see cref="SampleLengths.Raw"/> of them.</param>
    /// <param name="name">What everything random about the row is drawn from.</param>
    /// <param name="row">Where it goes.</param>
    void Make(ReadOnlySpan<int> raw, in SampleName name, in Row row);
}

/// <summary>Which sample, and the how-manieth time.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Epoch">The epoch: each makes other choices.</param>
/// <param name="Sample">The sample's number in its source.</param>
public readonly record struct SampleName(long Seed, long Epoch, long Sample);

/// <summary>Where a row of a batch is written; zero at first.</summary>
public readonly ref struct Row
{
    /// <summary>Encoder tokens, <see cref="SampleLengths.Inputs"/>.</summary>
    public required Span<int> Inputs { get; init; }

    /// <summary>Target tokens, <see cref="SampleLengths.Targets"/>.</summary>
    public required Span<int> Targets { get; init; }

    /// <summary>1 where a target counts in the loss; empty unless the row's maker masks targets.</summary>
    public Span<byte> TargetMask { get; init; }
}
