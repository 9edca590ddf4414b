using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Evaluation;
using Xunit;

namespace Orchestrator.Tests.Core.Evaluation;

/// <summary>Golden: qa_metrics/qa.json (T5's qa_utils.py and metrics.py, run unmodified).</summary>
public sealed class AnswerTextTests
{
    private static readonly JsonElement s_golden = Golden();

    [Theory]
    [InlineData("squad", "squad", "f1")]
    [InlineData("trivia_qa", "trivia_qa", "trivia_qa_f1")]
    public void Normalised_texts_and_scores_are_those_of_the_T5_code(string kind, string exact, string overlap)
    {
        Func<string, string> normalise = kind == "squad" ? AnswerText.Squad : AnswerText.TriviaQa;
        foreach (var item in s_golden.GetProperty("items").EnumerateArray())
        {
            var wanted = item.GetProperty(kind);
            var (prediction, answers) = Texts(item);
            Assert.Equal(wanted.GetProperty("norm_prediction").GetString(), normalise(prediction));
            Assert.Equal(wanted.GetProperty("norm_answers").EnumerateArray().Select(answer => answer.GetString()), answers.Select(normalise));
            Assert.Equal(wanted.GetProperty("em").GetBoolean() ? 100.0 : 0.0, Score(exact, [item]));
            Assert.Equal(100 * wanted.GetProperty("f1").GetDouble(), Score(overlap, [item]), 1e-10);
        }
    }

    [Theory]
    [InlineData("squad", "em", "squad")]
    [InlineData("squad", "f1", "f1")]
    [InlineData("trivia_qa", "em", "trivia_qa")]
    [InlineData("trivia_qa", "f1", "trivia_qa_f1")]
    public void Means_over_all_and_over_each_kind_are_those_of_the_T5_code(string kind, string figure, string metric)
    {
        JsonElement[] items = [.. s_golden.GetProperty("items").EnumerateArray()];
        Assert.Equal(s_golden.GetProperty("aggregate").GetProperty(kind).GetProperty(figure).GetDouble(), Score(metric, items), 1e-9);
        foreach (var group in items.GroupBy(item => item.GetProperty("kind").GetString()!))
        {
            var wanted = s_golden.GetProperty("aggregate_by_kind").GetProperty(group.Key).GetProperty(kind).GetProperty(figure).GetDouble();
            Assert.Equal(wanted, Score(metric, [.. group]), 1e-9);
        }
    }

    [Theory]
    [InlineData("thé", "\u0301")]
    [InlineData("Beyoncé!", "beyonce\u0301")]
    [InlineData("À la carte", "\u0300 la carte")]
    [InlineData("Ångström, \u212B", "\u030Angstro\u0308m \u030A")]
    [InlineData("\uAC01 the", "\u1100\u1161\u11A8")]
    public void Natural_Questions_decomposes_before_anything_else(string answer, string normalised) =>
        Assert.Equal(normalised, AnswerText.NaturalQuestions(answer));

    [Fact]
    public void Form_D_of_every_character_is_that_of_Unicode_14()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var rune = 0; rune < 0x110000; rune++)
        {
            if (Rune.IsValid(rune))
            {
                // Marks of class 202 before and 220 after it: the order of marks shows too.
                hash.AppendData(Encoding.UTF8.GetBytes(CanonicalDecomposition.Of($"\u0327{new Rune(rune)}\u0316a")));
            }
        }

        // SHA-256 over unicodedata.normalize('NFD', ...) of the same strings, Python 3.11.
        Assert.Equal("21ce84e1d9687c82811ddca759bbe9ca9c92cb23302b1721dc4b0ba46b1ccd00", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Theory]
    [InlineData("ΟΔΟΣ ΣΑΣ", "οδος σας")]
    [InlineData("ΑΣ'Α ΑΣ. Σ", "ασ'α ας. σ")]
    [InlineData("ΑΣ\u0301", "ας\u0301")]
    [InlineData("ⅰΣ ªΣ ʰΣ aʰΣ", "ⅰς ªς ʰσ aʰς")]
    [InlineData("İK\U00010400", "i\u0307k\U00010428")]
    public void Lower_case_is_Pythons(string text, string lower) => Assert.Equal(lower, PythonText.Lower(text));

    private static double Score(string metric, JsonElement[] items) => TextMetrics.Named(metric).Score(
        [.. items.Select(item => Texts(item).Prediction)], [.. items.Select(item => Texts(item).Answers)]);

    private static (string Prediction, IReadOnlyList<string> Answers) Texts(JsonElement item) =>
        (item.GetProperty("prediction").GetString()!, [.. item.GetProperty("answers").EnumerateArray().Select(answer => answer.GetString()!)]);

    private static JsonElement Golden()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.Golden("qa_metrics/qa.json")));
        return document.RootElement.Clone();
    }
}
