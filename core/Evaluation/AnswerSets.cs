namespace Orchestrator.Core.Evaluation;

/// <summary>Questions with several answers, written <c>answer: A answer: B</c>.</summary>
/// <remarks>google-research/google-research, t5_closed_book_qa/t5_cbqa/metrics.py (natural_questions).</remarks>
public static class AnswerSets
{
    private const string Mark = "answer:";

    /// <summary>100 x the part of the questions whose predicted set of answers is that of one of the annotators.</summary>
    /// <param name="predictions">What the model wrote.</param>
    /// <param name="references">Each annotator's answers, in the same form; empty where an annotator found none.</param>
    /// <param name="least">
    /// Questions with fewer annotators who found an answer do not count. Of several annotators two must have, or they disagree whether there is one; training questions have one annotator.
    /// </param>
    public static double Recall(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references, int least)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(references);
        var (right, counted) = (0, 0);
        for (var i = 0; i < predictions.Count; i++)
        {
            var verdict = IsRight(predictions[i], references[i], least);
            counted += verdict is null ? 0 : 1;
            right += verdict is true ? 1 : 0;
        }

        return counted == 0 ? 0 : 100.0 * right / counted;
    }

    /// <summary>Whether a predicted set of answers is that of one of the annotators; null: the question does not count.</summary>
    public static bool? IsRight(string prediction, IReadOnlyList<string> references, int least)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        var annotations = references.Select(Parse).Where(answers => answers.Count > 0).ToArray();
        var predicted = Parse(prediction);
        return annotations.Length < least ? null : annotations.Any(predicted.SetEquals);
    }

    /// <summary>The single answers of a set, as written; a text that is none stands for itself.</summary>
    public static IReadOnlyList<string> Answers(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Mark, StringComparison.Ordinal) ? [.. text.Split(Mark).Skip(1).Select(answer => answer.Trim())] : [text];
    }

    private static HashSet<string> Parse(string text) => [.. text.Split(Mark).Skip(1).Select(AnswerText.Squad)];
}
