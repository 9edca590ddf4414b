using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>Restoring masked tokens, for an encoder alone (Devlin et al. 2018, section 3.1; <c>create_masked_lm_predictions</c> of its code).</summary>
/// <remarks>
/// Of a window's tokens round(share x length) are chosen, whole words where asked for: words in random order, those passed over that would be too
/// many. Of the chosen, 80 % become the first sentinel (the vocabulary's last token, which stands for BERT's [MASK]), 10 % any piece, 10 % stay.
/// Targets are the chosen tokens where they stand, and 0, which does not count, elsewhere. Padding and EOS are never chosen. Thread-safe.
/// </remarks>
internal sealed class MaskedLanguageModel : IObjective
{
    private const ulong Purpose = 0x4D41534B;

    private readonly int _pieces;
    private readonly int _mask;
    private readonly double _share;
    private readonly bool[]? _startsWord;

    /// <summary>The objective for a vocabulary.</summary>
    /// <param name="lengths">How long samples are.</param>
    /// <param name="pieces">SentencePiece pieces, the control pieces among them.</param>
    /// <param name="share">Share of tokens to be restored, in (0, 1).</param>
    /// <param name="startsWord">Whether a piece begins a word, by its token; null: tokens are chosen one by one.</param>
    public MaskedLanguageModel(SampleLengths lengths, int pieces, double share, bool[]? startsWord)
    {
        Lengths = lengths;
        _pieces = pieces;
        _mask = pieces + SpanLengths.SentinelCount - 1;
        _share = share;
        _startsWord = startsWord;
    }

    /// <inheritdoc/>
    public SampleLengths Lengths { get; }

    /// <summary>How many tokens of a window are to be restored: half to even, at least one.</summary>
    internal static int Count(int length, double share) => Math.Max(1, (int)Math.Round(length * share, MidpointRounding.ToEven));

    /// <inheritdoc/>
    public void Make(ReadOnlySpan<int> raw, in SampleName name, in Row row)
    {
        var random = new SeededRandom(Purpose, unchecked((ulong)name.Seed), (ulong)name.Epoch, (ulong)name.Sample);
        raw.CopyTo(row.Inputs);
        Span<int> starts = raw.Length < 2048 ? stackalloc int[raw.Length + 1] : new int[raw.Length + 1];
        var words = Words(raw, starts);
        Span<int> order = words <= 2048 ? stackalloc int[words] : new int[words];
        for (var i = 0; i < words; i++)
        {
            order[i] = i;
        }

        var left = Count(raw.Length, _share);
        // Shuffled no further than needed (Fisher and Yates).
        for (var i = 0; i < words && left > 0; i++)
        {
            var other = i + (int)random.Below((ulong)(words - i));
            (order[i], order[other]) = (order[other], order[i]);
            var (start, end) = (starts[order[i]], starts[order[i] + 1]);
            if (end - start > left || raw[start] <= Tokenizer.Eos)
            {
                continue;
            }

            left -= end - start;
            for (var place = start; place < end; place++)
            {
                row.Targets[place] = raw[place];
                row.Inputs[place] = Replacement(raw[place], ref random);
            }
        }
    }

    private int Replacement(int token, ref SeededRandom random) => random.Below(10) switch
    {
        < 8 => _mask,
        8 => Tokenizer.Unknown + 1 + (int)random.Below((ulong)(_pieces - Tokenizer.Unknown - 1)),
        _ => token,
    };

    // Where each word begins, and the end after the last. Control tokens are words of their own.
    private int Words(ReadOnlySpan<int> raw, Span<int> starts)
    {
        var words = 0;
        for (var place = 0; place < raw.Length; place++)
        {
            if (place == 0 || _startsWord is null || raw[place] <= Tokenizer.Eos || raw[place - 1] <= Tokenizer.Eos || _startsWord[raw[place]])
            {
                starts[words++] = place;
            }
        }

        starts[words] = raw.Length;
        return words;
    }
}
