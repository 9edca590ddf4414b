using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Model;
using Xunit;

namespace Orchestrator.Tests.Training.Generation;

public sealed class SequenceGeneratorTests
{
    private const double No = 1e-6;

    // Tokens: 0 start, 1 end, 2 to 5 words. Greedily 2 is taken first, which ends badly; 3 then 4 is likelier as a whole.
    private static readonly ChainModel s_chain = new(
    [
        [No, 0.05, 0.50, 0.45, No, No],
        [1.0, No, No, No, No, No],
        [No, 0.20, 0.20, 0.20, 0.20, 0.20],
        [No, 0.05, No, No, 0.95, No],
        [No, 0.90, 0.04, 0.03, 0.02, 0.01],
        [No, 0.50, 0.50, No, No, No],
    ]);

    [Fact]
    public void Greedy_takes_the_likeliest_token_and_says_how_likely_each_was()
    {
        var row = Generate(new GenerationOptions { MaxTokens = 3 });

        Assert.Equal([2L, 1L], row.Tokens);
        Assert.Equal(Math.Log(0.5), row.LogProbabilities[0], 1e-4);
        Assert.Equal(Math.Log(0.5) + Math.Log(0.2), row.LogProbability, 1e-4);
    }

    [Fact]
    public void Beams_find_the_likelier_sequence()
    {
        var row = Generate(new GenerationOptions { MaxTokens = 4, Beams = 2, LengthPenalty = 0 });

        Assert.Equal([3L, 4L, 1L], row.Tokens);
        Assert.Equal(Math.Log(0.45 * 0.95 * 0.90), row.LogProbability, 1e-4);
    }

    [Theory]
    // [2 1] has ln 0.1 = -2.303, [3 4 1] has ln 0.385 = -0.955.
    [InlineData(0.0, false, new long[] { 3, 4, 1 })]
    [InlineData(1.0, false, new long[] { 3, 4, 1 })]
    [InlineData(-4.0, false, new long[] { 2, 1 })] // x 2^4 and x 3^4
    [InlineData(1.0, true, new long[] { 3, 4, 1 })]
    public void The_score_is_the_log_probability_over_the_length_to_the_power_alpha(double alpha, bool early, long[] expected) =>
        Assert.Equal(expected, Generate(new GenerationOptions { MaxTokens = 4, Beams = 2, LengthPenalty = alpha, EarlyStopping = early }).Tokens);

    [Theory]
    [InlineData(0.0, 2)] // ln 0.36 = -1.02 for [2 1]; ln 0.30 = -1.20 for [3 3 3 1].
    [InlineData(1.0, 4)] // -1.02 / 2 = -0.51; -1.20 / 4 = -0.30.
    public void A_larger_alpha_prefers_longer_sequences(double alpha, int length)
    {
        var chain = new ChainModel(
        [
            [No, No, 0.60, 0.40, No, No],
            [1.0, No, No, No, No, No],
            [No, 0.60, No, No, 0.40, No],
            [No, 0.09, No, 0.91, No, No],
            [No, 0.01, No, No, 0.99, No],
            [No, 1.0, No, No, No, No],
        ]);
        // [2 4 4 4] and [3 3 3 3] run on to the limit: their scores are over the same length.
        var row = SequenceGenerator.Generate(chain, [2], 1, new GenerationOptions { MaxTokens = 4, Beams = 3, LengthPenalty = alpha })[0];
        Assert.Equal(length, row.Tokens.Length);
    }

    [Fact]
    public void Early_stopping_takes_the_first_hypotheses_though_a_better_one_would_come()
    {
        var chain = new ChainModel(
        [
            [No, 0.30, 0.40, 0.28, No, No],
            [1.0, No, No, No, No, No],
            [No, 0.32, No, No, 0.68, No],
            [No, 0.98, No, No, No, No],
            [No, 0.99, No, No, No, No],
            [No, 1.0, No, No, No, No],
        ]);
        var options = new GenerationOptions { MaxTokens = 5, Beams = 2, LengthPenalty = 2.0 };

        // Step 1 ends with [1] of ln 0.30; step 2 with [3 1] of ln 0.2744: two hypotheses, the better / 2^2. Later comes [2 4 1]: ln 0.269 / 9.
        Assert.Equal([3L, 1L], SequenceGenerator.Generate(chain, [2], 1, options with { EarlyStopping = true })[0].Tokens);
        Assert.Equal([2L, 4L, 1L], SequenceGenerator.Generate(chain, [2], 1, options)[0].Tokens);
    }

    [Fact]
    public void Beams_of_a_T5_are_those_of_a_search_that_recomputes_everything_and_keeps_every_sequence()
    {
        using var model = Model();
        const int beams = 3, longest = 6;
        long[] inputs = [7, 9, 30, 1, 0, 12, 44, 5, 61, 1, 8, 1, 0, 0, 0];
        var batch = SequenceGenerator.Generate(model, inputs, 3, new GenerationOptions { MaxTokens = longest, Beams = beams, LengthPenalty = 0.6 });
        for (var row = 0; row < 3; row++)
        {
            var alone = SequenceGenerator.Generate(model, inputs[(row * 5)..((row + 1) * 5)], 1, new GenerationOptions { MaxTokens = longest, Beams = beams, LengthPenalty = 0.6 })[0];
            Assert.Equal(PlainBeams.Search(model, inputs[(row * 5)..((row + 1) * 5)], beams, longest, alpha: 0.6), batch[row].Tokens);
            Assert.Equal(alone.Tokens, batch[row].Tokens);
            Assert.Equal(alone.LogProbabilities, batch[row].LogProbabilities);
        }
    }

    [Fact]
    public void Beams_that_hold_every_prefix_find_what_a_search_of_all_sequences_finds()
    {
        const int words = 2, longest = 5, vocabulary = 32;
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var table = Enumerable.Range(0, vocabulary).Select(_ => Enumerable.Range(0, vocabulary).Select(token => token is >= 1 and <= 1 + words ? random.NextDouble() : 1e-12).ToArray()).ToArray();
            var chain = new ChainModel([.. table.Select(row => Array.ConvertAll(row, p => p / row.Sum()))]);

            // 2^4 sequences of words are open before the last token.
            var found = SequenceGenerator.Generate(chain, [2], 1, new GenerationOptions { MaxTokens = longest, Beams = 16, LengthPenalty = 0 })[0];

            var (tokens, probability) = Likeliest(table, 0, longest);
            Assert.Equal(tokens, found.Tokens);
            Assert.Equal(Math.Log(probability), found.LogProbability, 1e-4);
        }

        static (long[] Tokens, double Probability) Likeliest(double[][] table, long last, int left) => left == 0 ? ([], 1.0) : Enumerable.Range(1, 1 + words).Select(token =>
        {
            var (tail, rest) = token == 1 ? ([], 1.0) : Likeliest(table, token, left - 1);
            return (Tokens: (long[])[token, .. tail], Probability: table[last][token] / table[last].Sum() * rest);
        }).MaxBy(sequence => sequence.Probability);
    }

    [Fact]
    public void What_is_sampled_depends_on_the_seed_the_rows_key_and_the_position_alone()
    {
        using var model = Model();
        long[] inputs = [7, 9, 30, 1, 12, 44, 5, 1, 8, 1, 0, 0];
        var options = new GenerationOptions { MaxTokens = 12, Temperature = 1.5, TopK = 40, TopP = 0.95, Seed = 5 };
        var together = SequenceGenerator.Generate(model, inputs, 3, options, keys: [10, 11, 12]);

        for (var row = 0; row < 3; row++)
        {
            var alone = SequenceGenerator.Generate(model, inputs[(row * 4)..((row + 1) * 4)], 1, options, keys: [10 + row])[0];
            Assert.Equal(alone.Tokens, together[row].Tokens);
            Assert.Equal(alone.LogProbabilities, together[row].LogProbabilities);
        }

        var other = SequenceGenerator.Generate(model, inputs, 3, options with { Seed = 6 }, keys: [10, 11, 12]);
        Assert.Contains(Enumerable.Range(0, 3), row => !together[row].Tokens.SequenceEqual(other[row].Tokens));
    }

    [Fact]
    public void Samples_come_as_often_as_their_probabilities_say()
    {
        var chain = new ChainModel([[0.01, 0.10, 0.20, 0.30, 0.34, 0.05]]);
        Check(new GenerationOptions { Temperature = 1 }, [0.01, 0.10, 0.20, 0.30, 0.34, 0.05]);
        Check(new GenerationOptions { TopK = 2 }, [0, 0, 0, 0.30 / 0.64, 0.34 / 0.64, 0]);
        Check(new GenerationOptions { TopP = 0.65 }, [0, 0, 0.20 / 0.84, 0.30 / 0.84, 0.34 / 0.84, 0]);
        Check(new GenerationOptions { TopP = 0.5, TopK = 3 }, [0, 0, 0, 0.30 / 0.64, 0.34 / 0.64, 0]);
        var squares = new[] { 0.01, 0.10, 0.20, 0.30, 0.34, 0.05 }.Select(p => p * p).ToArray();
        Check(new GenerationOptions { Temperature = 0.5 }, [.. squares.Select(p => p / squares.Sum())]);

        void Check(GenerationOptions options, double[] expected)
        {
            const int rows = 20_000;
            var counts = new int[6];
            foreach (var row in SequenceGenerator.Generate(chain, new long[rows], rows, options with { MaxTokens = 1 }))
            {
                counts[row.Tokens[0]]++;
            }

            Assert.All(Enumerable.Range(0, 6).Where(token => expected[token] == 0), token => Assert.Equal(0, counts[token]));
            var chiSquare = Enumerable.Range(0, 6).Where(token => expected[token] > 0).Sum(token => Math.Pow(counts[token] - (expected[token] * rows), 2) / (expected[token] * rows));
            // Of five degrees of freedom; one in a million would be larger.
            Assert.InRange(chiSquare, 0.0, 35.9);
        }
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_and_so_are_logits_that_are_not_finite()
    {
        Assert.Contains("top_p", Refused(new GenerationOptions { TopP = 1.5 }), StringComparison.Ordinal);
        Assert.Contains("temperature", Refused(new GenerationOptions { Temperature = 0 }), StringComparison.Ordinal);
        Assert.Contains("does not sample", Refused(new GenerationOptions { Beams = 2, TopK = 3 }), StringComparison.Ordinal);
        Assert.Contains("3 at most", Refused(new GenerationOptions { Beams = 4 }), StringComparison.Ordinal);
        var damaged = new ChainModel([[double.NaN, 1, 1]]);
        Assert.Contains("not finite", Assert.Throws<BadInputException>(() => SequenceGenerator.Generate(damaged, [2], 1, new GenerationOptions())).Message, StringComparison.Ordinal);
    }

    private static string Refused(GenerationOptions options) => Assert.Throws<BadInputException>(() => Generate(options)).Message;

    private static GeneratedSequence Generate(GenerationOptions options) => SequenceGenerator.Generate(s_chain, [2], 1, options)[0];

    private static T5Model Model()
    {
        var model = new T5Model(new ResolvedModel(96, 32, 48, 8, 4, 1, 2, FeedForwardKind.GatedGelu, TiedEmbeddings: false, 8, 16, 0.0));
        model.Initialise(11);
        return model;
    }
}
