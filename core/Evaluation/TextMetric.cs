namespace Orchestrator.Core.Evaluation;

/// <summary>A score of predicted texts against reference texts, from 0 to 100.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Description">What it measures, for help and documents.</param>
/// <param name="Compute">The score of predictions against the references of each.</param>
public sealed record TextMetric(
    string Name, string Description, Func<IReadOnlyList<string>, IReadOnlyList<IReadOnlyList<string>>, double> Compute)
{
    /// <summary>Whether a prediction is right, null where its question does not count; null where the metric knows degrees.</summary>
    public Func<string, IReadOnlyList<string>, bool?>? Verdict { get; init; }

    /// <summary>The score, from 0 to 100; 0 where there is nothing to score.</summary>
    /// <param name="predictions">One text an example.</param>
    /// <param name="references">The texts that are right for each example; at least one each.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or an example has no reference.</exception>
    public double Score(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(references);
        if (predictions.Count != references.Count || references.Any(of => of.Count == 0))
        {
            throw new ArgumentException("Every prediction needs at least one reference.", nameof(references));
        }

        return predictions.Count == 0 ? 0 : Compute(predictions, references);
    }
}

/// <summary>The metrics there are.</summary>
public static class TextMetrics
{
    /// <summary>All metrics, in the order in which results show them.</summary>
    public static IReadOnlyList<TextMetric> All { get; } =
    [
        Exact("accuracy", "the prediction is the first reference, character by character", (prediction, of) => prediction == of[0]),
        Exact("exact_match", "the prediction is one of the references, character by character", (prediction, of) => of.Contains(prediction)),
        Exact("squad", "exact match after SQuAD's normalisation, best of the references", Equal(AnswerText.Squad)),
        Mean("f1", "overlap of words after SQuAD's normalisation, best of the references", Overlap(AnswerText.Squad)),
        Exact("trivia_qa", "exact match after TriviaQA's normalisation, best of the references", Equal(AnswerText.TriviaQa)),
        Mean("trivia_qa_f1", "overlap of words after TriviaQA's normalisation, best of the references", Overlap(AnswerText.TriviaQa)),
        Exact("nq", "exact match after the normalisation of Natural Questions (form D, then SQuAD's), best of the references", Equal(AnswerText.NaturalQuestions)),
        Sets("nq_recall", "the set of answers is that of an annotator; questions with fewer than two answered annotations do not count", least: 2),
        Sets("nq_recall_single", "the same for questions of one annotator, as those to train on are; none is left out that has an answer", least: 1),
        new("rouge_1", "ROUGE-1 F-measure without stemming, best of the references", Rouge.Unigrams),
        new("rouge_2", "ROUGE-2 F-measure without stemming, best of the references", Rouge.Bigrams),
        new("rouge_l", "ROUGE-L F-measure without stemming, best of the references", Rouge.LongestSubsequence),
        new("bleu", "corpus BLEU, tokens as in mteval-v13a, smoothed exponentially", Bleu.Corpus),
    ];

    /// <summary>The metrics that tell of each prediction whether it is right.</summary>
    public static IReadOnlyList<string> Exacts { get; } = [.. All.Where(metric => metric.Verdict is not null).Select(metric => metric.Name)];

    /// <summary>Those of a file of examples that is of no named task.</summary>
    public static IReadOnlyList<string> Usual { get; } = ["accuracy", "exact_match", "squad", "f1", "rouge_l", "bleu"];

    /// <summary>The names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(metric => metric.Name)];

    /// <summary>The metric of a name.</summary>
    /// <exception cref="BadInputException">There is none; the message lists those that there are.</exception>
    public static TextMetric Named(string name) =>
        All.FirstOrDefault(metric => metric.Name == name) ?? throw new BadInputException($"metric: there is none named '{name}'; choose from {string.Join(", ", Names)}.");

    /// <summary>100 x the mean of a score of single predictions.</summary>
    internal static TextMetric Mean(string name, string description, Func<string, IReadOnlyList<string>, double> score) =>
        new(name, description, (predictions, references) => 100 * predictions.Zip(references, score).Average());

    private static TextMetric Exact(string name, string description, Func<string, IReadOnlyList<string>, bool> isRight) =>
        Mean(name, description, (prediction, of) => isRight(prediction, of) ? 1 : 0) with { Verdict = (prediction, of) => isRight(prediction, of) };

    private static TextMetric Sets(string name, string description, int least) =>
        new(name, description, (predictions, references) => AnswerSets.Recall(predictions, references, least)) { Verdict = (prediction, of) => AnswerSets.IsRight(prediction, of, least) };

    private static Func<string, IReadOnlyList<string>, bool> Equal(Func<string, string> normalise) => (prediction, references) =>
    {
        var normalised = normalise(prediction);
        return references.Any(reference => normalise(reference) == normalised);
    };

    private static Func<string, IReadOnlyList<string>, double> Overlap(Func<string, string> normalise) => (prediction, references) =>
    {
        var words = PythonText.Split(normalise(prediction));
        return references.Max(reference => Ngrams.F1(words, PythonText.Split(normalise(reference)), order: 1));
    };
}
