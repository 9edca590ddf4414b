namespace Orchestrator.Training.Data;

/// <summary>Tokens cut into numbered samples of equal length: a pure function of (epoch, sample). Thread-safe.</summary>
public interface ISampleReader
{
    /// <summary>Tokens there are in all.</summary>
    long TokenCount { get; }

    /// <summary>How many samples of <paramref name="rawLength"/> tokens an epoch has; what is left at the end belongs to none.</summary>
    long SampleCount(int rawLength);

    /// <summary>Says that a sample will be read soon: where its tokens are in a store, they are fetched meanwhile.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    void Expect(long epoch, long sample, int rawLength);

    /// <summary>The samples of an epoch that hold some of a stretch of the corpus's tokens, with how many of them they hold.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="range">The stretch, by its place in the corpus's stream.</param>
    /// <param name="rawLength">Tokens of a sample.</param>
    /// <exception cref="ArgumentOutOfRangeException">The stretch reaches over the end of the stream.</exception>
    IEnumerable<SampleShare> SamplesWith(long epoch, TokenRange range, int rawLength);

    /// <summary>Reads sample number <paramref name="sample"/> of those as long as <paramref name="tokens"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    void Read(long epoch, long sample, Span<int> tokens);
}
