using Orchestrator.Training.Data.Building;

namespace Orchestrator.Training.Data;

/// <summary>The tokens of one half of a corpus, documents and shards end to end, cut into samples of equal length. Thread-safe.</summary>
public class TokenStream : ISampleReader, IDisposable
{
    private readonly ShardReader[] _shards;
    private readonly long[] _starts;
    private readonly long[] _documents;

    /// <summary>The stream over shards in reading order.</summary>
    /// <param name="shards">The shards; the stream owns them.</param>
    public TokenStream(IEnumerable<ShardReader> shards)
    {
        _shards = [.. shards];
        _starts = new long[_shards.Length + 1];
        _documents = new long[_shards.Length + 1];
        for (var i = 0; i < _shards.Length; i++)
        {
            _starts[i + 1] = _starts[i] + _shards[i].TokenCount;
            _documents[i + 1] = _documents[i] + _shards[i].DocumentCount;
        }
    }

    /// <summary>Tokens in the stream.</summary>
    public long TokenCount => _starts[^1];

    /// <summary>Documents in the stream.</summary>
    public long DocumentCount => _documents[^1];

    /// <summary>How many samples of <paramref name="rawLength"/> tokens there are; what is left at the end belongs to none.</summary>
    public virtual long SampleCount(int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rawLength, 1);
        return TokenCount / rawLength;
    }

    /// <summary>Reads sample number <paramref name="sample"/> of those as long as <paramref name="tokens"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public void Read(long sample, Span<int> tokens) => ReadAt(PlaceOf(sample, tokens.Length), tokens);

    /// <inheritdoc/>
    /// <remarks>Every epoch has the same samples.</remarks>
    void ISampleReader.Read(long epoch, long sample, Span<int> tokens) => Read(sample, tokens);

    /// <inheritdoc/>
    void ISampleReader.Expect(long epoch, long sample, int rawLength) => Expect(sample, rawLength);

    /// <summary>Says that a sample will be read soon: where its tokens are in a store, they are fetched meanwhile.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public void Expect(long sample, int rawLength) => ExpectAt(PlaceOf(sample, rawLength), rawLength);

    /// <summary>Says that tokens from any place on will be read soon.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The stream ends before.</exception>
    public void ExpectAt(long first, int left)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + left, TokenCount, nameof(first));
        while (left > 0)
        {
            var shard = Find(_starts, first);
            var count = (int)Math.Min(left, _starts[shard + 1] - first);
            _shards[shard].Expect(first - _starts[shard], count);
            (first, left) = (first + count, left - count);
        }
    }

    /// <summary>Reads tokens from any place on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The stream ends before.</exception>
    public void ReadAt(long first, Span<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + tokens.Length, TokenCount, nameof(first));
        while (!tokens.IsEmpty)
        {
            var shard = Find(_starts, first);
            var count = (int)Math.Min(tokens.Length, _starts[shard + 1] - first);
            _shards[shard].Read(first - _starts[shard], tokens[..count]);
            tokens = tokens[count..];
            first += count;
        }
    }

    /// <summary>The tokens of a document.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such document.</exception>
    public int[] Document(long number)
    {
        var place = DocumentPlace(number);
        var tokens = new int[place.Count];
        ReadAt(place.First, tokens);
        return tokens;
    }

    /// <summary>Where a document lies in the stream.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such document.</exception>
    public TokenRange DocumentPlace(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, DocumentCount);
        var shard = Find(_documents, number);
        var place = _shards[shard].DocumentPlace(number - _documents[shard]);
        return place with { First = _starts[shard] + place.First };
    }

    /// <summary>Where a shard lies in the stream.</summary>
    public TokenRange ShardPlace(int shard) => new(_starts[shard], _shards[shard].TokenCount);

    /// <summary>Which of the stream's tokens lie in a stretch of a shard's file of tokens.</summary>
    public TokenRange TokensIn(int shard, ByteRange bytes)
    {
        var tokens = _shards[shard].TokensIn(bytes);
        return tokens with { First = _starts[shard] + tokens.First };
    }

    /// <summary>The document that holds a token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public long DocumentAt(long token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, TokenCount);
        var shard = Find(_starts, token);
        return _documents[shard] + _shards[shard].DocumentAt(token - _starts[shard]);
    }

    /// <inheritdoc/>
    public virtual IEnumerable<SampleShare> SamplesWith(long epoch, TokenRange range, int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.First);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.End, TokenCount);
        return SampleShare.Of(range, rawLength, SampleCount(rawLength));
    }

    /// <summary>The first token of a sample.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    protected virtual long PlaceOf(long sample, int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sample, (TokenCount / Math.Max(1, rawLength)) - 1);
        return sample * rawLength;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the shards.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var shard in _shards)
            {
                shard.Dispose();
            }
        }
    }

    private static int Find(long[] starts, long value)
    {
        var place = Array.BinarySearch(starts, value);
        if (place < 0)
        {
            return ~place - 1;
        }

        // Empty shards start where the next one does.
        while (starts[place + 1] == value)
        {
            place++;
        }

        return place;
    }
}
