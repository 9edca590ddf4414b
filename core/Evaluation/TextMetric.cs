namespace Orchestrator.Core.Evaluation;

/// <summary>A score of predicted texts against reference texts, from 0 to 100.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Description">What it measures, for help and documents.</param>
/// <param name="Compute">The score of predictions against the references of each.</param>
public sealed record TextMetric(
    string Name, string Description, Func<IReadOnlyList<string>, IReadOnlyList<IReadOnlyList<string>>, double> Compute)
{
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
        Mean("accuracy", "the prediction is the first reference, character by character", (prediction, of) => prediction == of[0] ? 1 : 0),
        Mean("exact_match", "the prediction is one of the references, character by character", (prediction, of) => of.Contains(prediction) ? 1 : 0),
        Mean("squad", "exact match after SQuAD's normalisation, best of the references", Equal(AnswerText.Squad)),
        Mean("f1", "overlap of words after SQuAD's normalisation, best of the references", Overlap(AnswerText.Squad)),
        Mean("trivia_qa", "exact match after TriviaQA's normalisation, best of the references", Equal(AnswerText.TriviaQa)),
        Mean("trivia_qa_f1", "overlap of words after TriviaQA's normalisation, best of the references", Overlap(AnswerText.TriviaQa)),
        Mean("nq", "exact match after the normalisation of Natural Questions (form D, then SQuAD's), best of the references", Equal(AnswerText.NaturalQuestions)),
        new("nq_recall", "the set of answers is that of an annotator; questions with fewer than two answered annotations do not count", AnswerSets.Recall),
        new("rouge_1", "ROUGE-1 F-measure without stemming, best of the references", Rouge.Unigrams),
        new("rouge_2", "ROUGE-2 F-measure without stemming, best of the references", Rouge.Bigrams),
        new("rouge_l", "ROUGE-L F-measure without stemming, best of the references", Rouge.LongestSubsequence),
        new("bleu", "corpus BLEU, tokens as in mteval-v13a, smoothed exponentially", Bleu.Corpus),
    ];

    /// <summary>The names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(metric => metric.Name)];

    /// <summary>The metric of a name.</summary>
    /// <exception cref="BadInputException">There is none; the message lists those that there are.</exception>
    public static TextMetric Named(string name) =>
        All.FirstOrDefault(metric => metric.Name == name) ?? throw new BadInputException($"metric: there is none named '{name}'; choose from {string.Join(", ", Names)}.");

    /// <summary>100 x the mean of a score of single predictions.</summary>
    internal static TextMetric Mean(string name, string description, Func<string, IReadOnlyList<string>, double> score) =>
        new(name, description, (predictions, references) => 100 * predictions.Zip(references, score).Average());

    private static Func<string, IReadOnlyList<string>, double> Equal(Func<string, string> normalise) => (prediction, references) =>
    {
        var normalised = normalise(prediction);
        return references.Any(reference => normalise(reference) == normalised) ? 1 : 0;
    };

    private static Func<string, IReadOnlyList<string>, double> Overlap(Func<string, string> normalise) => (prediction, references) =>
    {
        var words = PythonText.Split(normalise(prediction));
        return references.Max(reference => Ngrams.F1(words, PythonText.Split(normalise(reference)), order: 1));
    };
}
