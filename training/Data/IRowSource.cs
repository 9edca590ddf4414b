using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>Numbered samples, each made into a row of a batch on its own: a pure function of (epoch, sample). Thread-safe.</summary>
public interface IRowSource
{
    /// <summary>Samples in an epoch, at least 1.</summary>
    long Count { get; }

    /// <summary>How long its rows are.</summary>
    SampleLengths Lengths { get; }

    /// <summary>Whether it says which targets count in <see cref="Row.TargetMask"/>; otherwise those count that are not 0.</summary>
    bool MasksTargets { get; }

    /// <summary>Says that a row will be made soon: what it takes may be fetched meanwhile.</summary>
    void Expect(long epoch, long sample)
    {
    }

    /// <summary>The samples of an epoch that hold some of a stretch of the corpus's tokens.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="range">The stretch.</param>
    IEnumerable<SampleShare> SamplesWith(long epoch, TokenRange range);

    /// <summary>Makes a row.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="sample">The sample, below <see cref="Count"/>.</param>
    /// <param name="row">Where it goes; zero at first.</param>
    void Make(long epoch, long sample, in Row row);
}
