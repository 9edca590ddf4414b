namespace Orchestrator.Core.Evaluation;

/// <summary>Questions with several answers, written <c>answer: A answer: B</c>.</summary>
/// <remarks>google-research/google-research, t5_closed_book_qa/t5_cbqa/metrics.py (natural_questions).</remarks>
public static class AnswerSets
{
    private const string Mark = "answer:";

    // An annotator may have found no answer; with one alone who did, annotators disagree whether there is one.
    private const int LeastAnnotations = 2;

    /// <summary>100 x the part of the questions whose predicted set of answers is that of one of the annotators.</summary>
    /// <param name="predictions">What the model wrote.</param>
    /// <param name="references">Each annotator's answers, in the same form; empty where an annotator found none.</param>
    public static double Recall(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(references);
        var (right, counted) = (0, 0);
        for (var i = 0; i < predictions.Count; i++)
        {
            var annotations = references[i].Select(Parse).Where(answers => answers.Count > 0).ToArray();
            if (annotations.Length < LeastAnnotations)
            {
                continue;
            }

            counted++;
            var predicted = Parse(predictions[i]);
            right += annotations.Any(predicted.SetEquals) ? 1 : 0;
        }

        return counted == 0 ? 0 : 100.0 * right / counted;
    }

    private static HashSet<string> Parse(string text) => [.. text.Split(Mark).Skip(1).Select(AnswerText.Squad)];
}
