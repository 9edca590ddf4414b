using Orchestrator.Core;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>A token stream, cut into samples of equal length and given to an objective.</summary>
public sealed class StreamRows : IRowSource
{
    private readonly TokenStream _stream;
    private readonly IObjective _objective;
    private readonly long _seed;

    /// <summary>The rows of a run.</summary>
    /// <param name="stream">Where samples come from.</param>
    /// <param name="objective">What is made of them.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="BadInputException">The stream is shorter than one sample.</exception>
    public StreamRows(TokenStream stream, IObjective objective, long seed)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(objective);
        _stream = stream;
        _objective = objective;
        _seed = seed;
        Count = stream.SampleCount(objective.Lengths.Raw);
        if (Count < 1)
        {
            throw new BadInputException(
                $"The corpus holds {stream.TokenCount} tokens and one sample takes {objective.Lengths.Raw}; use more text or a shorter data.input_length.");
        }
    }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public SampleLengths Lengths => _objective.Lengths;

    /// <inheritdoc/>
    public bool MasksTargets => _objective.MasksTargets;

    /// <inheritdoc/>
    public void Expect(long sample) => _stream.Expect(sample, Lengths.Raw);

    /// <inheritdoc/>
    public void Make(long epoch, long sample, in Row row)
    {
        var length = Lengths.Raw;
        Span<int> raw = length <= 2048 ? stackalloc int[length] : new int[length];
        _stream.Read(sample, raw);
        _objective.Make(raw, new SampleName(_seed, epoch, sample), row);
    }
}
