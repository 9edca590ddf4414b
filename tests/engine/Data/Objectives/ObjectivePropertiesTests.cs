using FsCheck;
using FsCheck.Fluent;
using Orchestrator.Core.Data;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Objectives;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Objectives;

/// <summary>What holds for every sample, whatever its tokens, seed, epoch and number.</summary>
public sealed class ObjectivePropertiesTests
{
    private const int Pieces = 500;
    private const int Vocabulary = Pieces + SpanLengths.SentinelCount;
    private const int Mask = Vocabulary - 1;

    // Every third piece begins a word.
    private static readonly bool[] s_startsWord = [.. Enumerable.Range(0, Pieces).Select(token => token % 3 == 0)];

    private static readonly SalientSpanFinder s_finder = new(
        [.. Enumerable.Range(0, Pieces).Select(token => (token % 3 == 0 ? "\u2581" : "") + (token % 7) switch { 0 => "Ada", 1 => ".", 2 => "19", _ => "and" })]);

    [Fact]
    public void Inputs_and_targets_of_span_corruption_give_back_the_text() => Check(length =>
    {
        var lengths = SpanLengths.For(length);
        return new SpanCorruption(Vocabulary, new SampleLengths(lengths.Raw, lengths.Inputs, lengths.Targets));
    }, (raw, row) =>
    {
        Assert.Equal(Tokenizer.Eos, row.Inputs[^1]);
        Assert.Equal(Tokenizer.Eos, row.Targets[^1]);
        var text = new List<int>();
        foreach (var token in row.Inputs[..^1])
        {
            if (token < Pieces)
            {
                text.Add(token);
                continue;
            }

            var span = row.Targets.AsSpan(Array.IndexOf(row.Targets, token) + 1);
            var end = span.IndexOfAnyInRange(Pieces, Mask);
            text.AddRange(span[..(end < 0 ? span.Length - 1 : end)]);
        }

        Assert.Equal(raw, text);
    });

    [Fact]
    public void One_span_stands_for_a_sentinel_and_gives_back_the_text() => Check(
        length => new SalientSpans(new SampleLengths(length - 1, length, 34), s_finder, Mask),
        (raw, row) =>
        {
            var (input, target) = (Text(row.Inputs), Text(row.Targets));
            Assert.Equal(Mask, target[0]);
            Assert.InRange(target.Length, 2, 33);
            var place = Array.IndexOf(input, Mask);
            Assert.Equal(raw, (int[])[.. input[..place], .. target[1..], .. input[(place + 1)..]]);
        });

    [Fact]
    public void Of_n_spans_every_one_is_asked_for_once_in_n_epochs_whichever_they_begin_with()
    {
        var finder = new SalientSpanFinder(["\u2581saw", "\u2581Ada", "\u2581and", "\u2581by"]);
        var raw = Enumerable.Range(0, 63).Select(i => i % 4).ToArray();
        var spans = finder.Find(raw, longest: 32);
        var objective = new SalientSpans(new SampleLengths(63, 64, 34), finder, Mask);

        Assert.Equal(16, spans.Count);
        for (var sample = 0; sample < 20; sample++)
        {
            for (var pass = 0; pass < 3; pass++)
            {
                var asked = Enumerable.Range(pass * spans.Count, spans.Count).Select(epoch => Place(new SampleName(7, epoch, sample))).Order().ToArray();
                Assert.Equal(spans.Select(span => span.Start), asked);
            }
        }

        int Place(SampleName name)
        {
            var row = new Row { Inputs = new int[64], Targets = new int[34] };
            objective.Make(raw, name, row);
            return row.Inputs.IndexOf(Mask);
        }
    }

    [Fact]
    public void A_prefix_and_what_follows_it_give_back_the_text() => Check(
        length => new PrefixLanguageModel(new SampleLengths(length, length, length)),
        (raw, row) =>
        {
            var (input, target) = (Text(row.Inputs), Text(row.Targets));
            Assert.NotEmpty(input);
            Assert.NotEmpty(target);
            Assert.Equal(raw, (int[])[.. input, .. target]);
        });

    [Fact]
    public void A_decoder_alone_reads_the_whole_text_and_what_follows_the_prefix_counts() => Check(
        length => new PrefixLanguageModel(new SampleLengths(length, 0, length)),
        (raw, row) =>
        {
            Assert.Equal(raw, row.Targets);
            var counted = row.Mask.Count(value => value == 1);
            Assert.InRange(counted, 1, raw.Length - 1);
            Assert.Equal((byte[])[.. new byte[raw.Length - counted], .. Enumerable.Repeat((byte)1, counted)], row.Mask);
        });

    [Fact]
    public void A_causal_window_is_the_text() => Check(
        length => new CausalLanguageModel(new SampleLengths(length, 0, length)),
        (raw, row) => Assert.Equal(raw, row.Targets));

    [Fact]
    public void Targets_of_masked_tokens_give_back_the_text_and_their_number_is_the_share() => Check(
        length => new MaskedLanguageModel(new SampleLengths(length, length, length), Pieces, 0.15, startsWord: null),
        (raw, row) =>
        {
            Assert.Equal(raw, Restored(row));
            Assert.Equal(MaskedLanguageModel.Count(raw.Length, 0.15), row.Targets.Count(token => token != 0));
        });

    [Fact]
    public void Whole_words_are_masked_or_left_and_never_too_many() => Check(
        length => new MaskedLanguageModel(new SampleLengths(length, length, length), Pieces, 0.15, s_startsWord),
        (raw, row) =>
        {
            Assert.Equal(raw, Restored(row));
            Assert.InRange(row.Targets.Count(token => token != 0), 0, MaskedLanguageModel.Count(raw.Length, 0.15));
            for (var place = 1; place < raw.Length; place++)
            {
                Assert.True(s_startsWord[raw[place]] || (row.Targets[place] != 0) == (row.Targets[place - 1] != 0), $"the word at {place} is cut");
            }
        });

    [Fact]
    public void Of_a_hundred_thousand_chosen_tokens_eight_tenths_are_masked_a_tenth_is_random_and_a_tenth_stays()
    {
        var objective = new MaskedLanguageModel(new SampleLengths(500, 500, 500), Pieces, 0.15, startsWord: null);
        var raw = Enumerable.Range(0, 500).Select(i => 3 + (i % 490)).ToArray();
        var (chosen, masked, kept) = (0, 0, 0);
        for (var sample = 0; sample < 1400; sample++)
        {
            var row = Made(objective, raw, new SampleName(1, 0, sample));
            foreach (var place in Enumerable.Range(0, 500).Where(place => row.Targets[place] != 0))
            {
                chosen++;
                masked += row.Inputs[place] == Mask ? 1 : 0;
                kept += row.Inputs[place] == raw[place] ? 1 : 0;
            }
        }

        Assert.InRange(chosen, 100_000, 110_000);
        Assert.Equal(0.8, masked / (double)chosen, 0.006);
        // A random piece is the token itself once in 497.
        Assert.Equal(0.1 + (0.1 / 497), kept / (double)chosen, 0.005);
    }

    [Fact]
    public void End_tokens_are_never_masked()
    {
        var objective = new MaskedLanguageModel(new SampleLengths(64, 64, 64), Pieces, 0.5, startsWord: null);
        var raw = Enumerable.Range(0, 64).Select(i => i % 2 == 0 ? Tokenizer.Eos : 10 + i).ToArray();

        var row = Made(objective, raw, new SampleName(1, 2, 3));

        Assert.Equal(32, row.Targets.Count(token => token != 0));
        Assert.DoesNotContain(Tokenizer.Eos, row.Targets);
    }

    // The row is right, is made alike whoever makes it and when, and (where anything is drawn) another in another epoch.
    private static void Check(Func<int, IObjective> create, Action<int[], MadeRow> holds)
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<NonNegativeInt>(), (seed, size) =>
        {
            var objective = create(16 + (size.Get % 200));
            var random = new Random(seed);
            var raw = Enumerable.Range(0, objective.Lengths.Raw).Select(_ => random.Next(3, Pieces)).ToArray();
            var names = Enumerable.Range(0, 8).Select(i => new SampleName(seed, i % 3, i)).ToArray();
            var rows = Array.ConvertAll(names, name => Made(objective, raw, name));
            Assert.All(rows, row => holds(raw, row));

            var again = new MadeRow[names.Length];
            Parallel.For(0, names.Length, i => again[names.Length - 1 - i] = Made(objective, raw, names[names.Length - 1 - i]));
            foreach (var (first, second) in rows.Zip(again))
            {
                Assert.Equal(first.Inputs, second.Inputs);
                Assert.Equal(first.Targets, second.Targets);
                Assert.Equal(first.Mask, second.Mask);
            }
        }).QuickCheckThrowOnFailure();
    }

    private static MadeRow Made(IObjective objective, int[] raw, SampleName name)
    {
        var made = new MadeRow(
            new int[objective.Lengths.Inputs], new int[objective.Lengths.Targets], new byte[objective.MasksTargets ? objective.Lengths.Targets : 0]);
        objective.Make(raw, name, new Row { Inputs = made.Inputs, Targets = made.Targets, TargetMask = made.Mask });
        return made;
    }

    private static int[] Restored(MadeRow row) => [.. row.Inputs.Zip(row.Targets, (input, target) => target != 0 ? target : input)];

    // What stands before the EOS; only padding follows it.
    private static int[] Text(int[] tokens)
    {
        var end = Array.IndexOf(tokens, Tokenizer.Eos);
        Assert.All(tokens[(end + 1)..], token => Assert.Equal(Tokenizer.Pad, token));
        return tokens[..end];
    }

    private sealed record MadeRow(int[] Inputs, int[] Targets, byte[] Mask);
}
