using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Xunit;

namespace Orchestrator.Tests.Core.Evaluation;

public sealed class TextMetricTests
{
    [Fact]
    public void Bleu_of_sacrebleus_own_example_is_48_53()
    {
        // README of mjpost/sacrebleu: BLEU = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18).
        Assert.Equal(48.530827009929865, Score(
            "bleu",
            ("The dog bit the man.", ["The dog bit the man.", "The dog had bit the man."]),
            ("It wasn't surprising.", ["It was not unexpected.", "No one was surprised."]),
            ("The man had just bitten him.", ["The man bit him first.", "The man had bitten the dog."])), 1e-9);
    }

    [Fact]
    public void Bleu_smooths_an_order_without_a_match_and_is_0_where_a_text_has_too_few_words()
    {
        // By hand: precisions 3/4, 1/3, 1/(2 x 2), 1/(4 x 1); as long as the reference.
        Assert.Equal(100 * Math.Pow(3.0 / 4 * (1.0 / 3) * (1.0 / 4) * (1.0 / 4), 0.25), Score("bleu", ("a b x d", ["a b c d"])), 1e-9);
        Assert.Equal(0.0, Score("bleu", ("a b c", ["a b c"])));
        Assert.Equal(0.0, Score("bleu", ("", ["a b c d"])));
        Assert.Equal(100.0, Score("bleu", ("a b c d", ["a b c d"])), 1e-9);
    }

    [Theory]
    [InlineData("Hello, world!", "Hello , world !")]
    [InlineData("It costs 3,000.50 (net).", "It costs 3,000.50 ( net ) .")]
    [InlineData("pre-war 1939-45", "pre-war 1939 - 45")]
    [InlineData("&quot;A&amp;B&quot; <skipped>ok", "\" A & B \" ok")]
    [InlineData("don't", "don't")]
    public void Bleus_tokens_are_those_of_mteval_13a(string text, string tokens) => Assert.Equal(tokens, string.Join(' ', Bleu.Tokens(text)));

    [Fact]
    public void Rouge_of_rouge_scores_own_example_is_what_its_README_says()
    {
        (string, string[]) example = ("The quick brown dog jumps on the log.", ["The quick brown fox jumps over the lazy dog"]);
        Assert.Equal(70.58823529411765, Score("rouge_1", example), 1e-9);
        Assert.Equal(58.82352941176471, Score("rouge_l", example), 1e-9);
        // By hand: 2 of 7 pairs predicted, 2 of 8 wanted.
        Assert.Equal(100 * 2 * (2.0 / 7) * (2.0 / 8) / ((2.0 / 7) + (2.0 / 8)), Score("rouge_2", example), 1e-9);
    }

    [Fact]
    public void The_best_reference_counts_for_rouge_and_every_reference_for_exact_match_but_only_the_first_for_accuracy()
    {
        (string, string[]) example = ("b", ["a", "b"]);
        Assert.Equal(100.0, Score("rouge_l", example));
        Assert.Equal(100.0, Score("exact_match", example));
        Assert.Equal(0.0, Score("accuracy", example));
    }

    [Fact]
    public void Recall_of_answer_sets_wants_the_set_of_one_annotator_and_leaves_out_what_fewer_than_two_answered()
    {
        Assert.Equal(50.0, Score(
            "nq_recall",
            ("answer: The Beatles answer: Queen", ["answer: queen answer: beatles", "answer: Queen", ""]),
            ("answer: Queen answer: Abba", ["answer: Queen", "answer: Abba"]),
            ("answer: Queen", ["answer: Queen", "", ""])));
        Assert.Equal(0.0, Score("nq_recall", ("answer: x", ["answer: x"])));
    }

    [Fact]
    public void An_unknown_metric_and_an_example_without_a_reference_are_refused()
    {
        Assert.Contains("rouge_l", Assert.Throws<BadInputException>(() => TextMetrics.Named("rouge")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Score("f1", ("x", [])));
        Assert.Throws<ArgumentException>(() => TextMetrics.Named("f1").Score(["x"], []));
    }

    private static double Score(string metric, params (string Prediction, string[] References)[] examples) =>
        TextMetrics.Named(metric).Score([.. examples.Select(e => e.Prediction)], [.. examples.Select(e => (IReadOnlyList<string>)e.References)]);
}
