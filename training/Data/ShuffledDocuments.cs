using Orchestrator.Core;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>
/// A stream's documents, joined anew every epoch in an order that is a keyed permutation of (seed, epoch), EOS after each, and cut into samples of equal length.
/// Thread-safe.
/// </summary>
/// <remarks>
/// As Allen-Zhu and Li (2023, arXiv:2309.14316, section 2) join biographies. An epoch has as many samples as any other; fewer tokens than a sample has
/// are left over at its end, other ones each epoch. Where each <see cref="Stride"/>-th document of an epoch's order begins is kept, for the last few epochs:
/// a place is found by halving, then by walking over fewer than <see cref="Stride"/> documents.
/// </remarks>
/// <param name="stream">The documents; the caller owns it.</param>
/// <param name="seed">The run's seed.</param>
public sealed class ShuffledDocuments(TokenStream stream, long seed) : ISampleReader
{
    private const ulong Purpose = 0x444F4353;
    private const int Stride = 64;

    // Two at the end of an epoch, one more for what is made ahead, one for measuring.
    private const int EpochsKept = 4;

    private readonly SampleOrder? _order = stream.DocumentCount > 0
        ? new SampleOrder(unchecked((long)SeededRandom.Combine(Purpose, (ulong)seed)), stream.DocumentCount)
        : null;

    private readonly Lock _lock = new();
    private readonly LinkedList<(long Epoch, Lazy<long[]> Beginnings)> _epochs = new();

    /// <summary>The documents' tokens and an EOS of each.</summary>
    public long TokenCount => stream.TokenCount + stream.DocumentCount;

    /// <inheritdoc/>
    public long SampleCount(int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rawLength, 1);
        return TokenCount / rawLength;
    }

    /// <inheritdoc/>
    public void Expect(long epoch, long sample, int rawLength) => Visit(epoch, sample, rawLength, (first, _, count) => stream.ExpectAt(first, count));

    /// <inheritdoc/>
    public void Read(long epoch, long sample, Span<int> tokens)
    {
        // Where no document's token goes, one has ended.
        tokens.Fill(Tokenizer.Eos);
        var pieces = new List<(long First, int At, int Count)>();
        Visit(epoch, sample, tokens.Length, (first, at, count) => pieces.Add((first, at, count)));
        foreach (var (first, at, count) in pieces)
        {
            stream.ReadAt(first, tokens.Slice(at, count));
        }
    }

    /// <inheritdoc/>
    public IEnumerable<SampleShare> SamplesWith(long epoch, TokenRange range, int rawLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(range.First);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.End, stream.TokenCount);
        for (var first = range.First; first < range.End;)
        {
            var number = stream.DocumentAt(first);
            var document = stream.DocumentPlace(number);
            var count = Math.Min(range.End, document.End) - first;
            var place = PlaceOf(epoch, number) + first - document.First;
            foreach (var share in SampleShare.Of(new TokenRange(place, count), rawLength, SampleCount(rawLength)))
            {
                yield return share;
            }

            first += count;
        }
    }

    /// <summary>Where a document begins in an epoch.</summary>
    private long PlaceOf(long epoch, long document)
    {
        var index = _order!.PositionOf(epoch, document);
        var place = BeginningsOf(epoch)[index / Stride];
        for (var before = index / Stride * Stride; before < index; before++)
        {
            place += stream.DocumentPlace(_order.At(epoch, before)).Count + 1;
        }

        return place;
    }

    // Calls for each stretch of a document in a sample: its first token's place in the stream, its place in the sample, and its length.
    private void Visit(long epoch, long sample, int rawLength, Action<long, int, int> stretch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sample, SampleCount(rawLength));
        var (begin, end) = (sample * rawLength, (sample + 1) * rawLength);
        var beginnings = BeginningsOf(epoch);
        var mark = Array.BinarySearch(beginnings, begin) is var found && found >= 0 ? found : ~found - 1;
        var place = beginnings[mark];
        for (var index = (long)mark * Stride; place < end; index++)
        {
            var (first, length) = stream.DocumentPlace(_order!.At(epoch, index));
            var (from, to) = (Math.Max(place, begin), Math.Min(place + length, end));
            if (from < to)
            {
                stretch(first + (from - place), (int)(from - begin), (int)(to - from));
            }

            place += length + 1;
        }
    }

    private long[] BeginningsOf(long epoch)
    {
        Lazy<long[]> found;
        lock (_lock)
        {
            var node = _epochs.First;
            while (node is not null && node.Value.Epoch != epoch)
            {
                node = node.Next;
            }

            if (node is null)
            {
                node = new((epoch, new Lazy<long[]>(() => Count(epoch))));
                if (_epochs.Count == EpochsKept)
                {
                    _epochs.RemoveLast();
                }
            }
            else
            {
                _epochs.Remove(node);
            }

            _epochs.AddFirst(node);
            found = node.Value.Beginnings;
        }

        return found.Value;
    }

    private long[] Count(long epoch)
    {
        var beginnings = new long[(stream.DocumentCount + Stride - 1) / Stride];
        long place = 0;
        for (long index = 0; index < stream.DocumentCount; index++)
        {
            if (index % Stride == 0)
            {
                beginnings[index / Stride] = place;
            }

            place += stream.DocumentPlace(_order!.At(epoch, index)).Count + 1;
        }

        return place == TokenCount
            ? beginnings
            : throw new BadInputException($"The corpus's documents have {place - stream.DocumentCount} tokens and its shards {stream.TokenCount}; build the corpus again, or choose data.order: samples.");
    }
}
