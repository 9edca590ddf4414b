using Orchestrator.Core;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>Samples of equal length, each given to an objective.</summary>
public sealed class StreamRows : IRowSource
{
    private readonly ISampleReader _samples;
    private readonly IObjective _objective;
    private readonly long _seed;

    /// <summary>The rows of a run.</summary>
    /// <param name="samples">Where samples come from.</param>
    /// <param name="objective">What is made of them.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="BadInputException">They are fewer tokens than one sample.</exception>
    public StreamRows(ISampleReader samples, IObjective objective, long seed)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(objective);
        _samples = samples;
        _objective = objective;
        _seed = seed;
        Count = samples.SampleCount(objective.Lengths.Raw);
        if (Count < 1)
        {
            throw new BadInputException(
                $"The corpus holds {samples.TokenCount} tokens and one sample takes {objective.Lengths.Raw}; use more text or a shorter data.input_length.");
        }
    }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public SampleLengths Lengths => _objective.Lengths;

    /// <inheritdoc/>
    public bool MasksTargets => _objective.MasksTargets;

    /// <inheritdoc/>
    public void Expect(long epoch, long sample) => _samples.Expect(epoch, sample, Lengths.Raw);

    /// <inheritdoc/>
    public IEnumerable<SampleShare> SamplesWith(long epoch, TokenRange range) => _samples.SamplesWith(epoch, range, Lengths.Raw);

    /// <inheritdoc/>
    public void Make(long epoch, long sample, in Row row)
    {
        var length = Lengths.Raw;
        Span<int> raw = length <= 2048 ? stackalloc int[length] : new int[length];
        _samples.Read(epoch, sample, raw);
        _objective.Make(raw, new SampleName(_seed, epoch, sample), row);
    }
}
