using System.Text.RegularExpressions;

namespace Orchestrator.Core.Evaluation;

/// <summary>ROUGE as the package rouge_score computes it without its stemmer, which is how T5's scores were made.</summary>
/// <remarks>
/// Lin 2004. Words are runs of a-z and 0-9 after lower-casing. Of several references the best counts. The mean is the examples'
/// mean; T5's own tables give the median of bootstrapped means, which differs in the second decimal.
/// </remarks>
public static partial class Rouge
{
    /// <summary>100 x the mean F-measure of single words.</summary>
    public static double Unigrams(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references) =>
        Mean(predictions, references, static (prediction, reference) => Ngrams.F1(prediction, reference, order: 1));

    /// <summary>100 x the mean F-measure of pairs of words.</summary>
    public static double Bigrams(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references) =>
        Mean(predictions, references, static (prediction, reference) => Ngrams.F1(prediction, reference, order: 2));

    /// <summary>100 x the mean F-measure of the longest common subsequence of words.</summary>
    public static double LongestSubsequence(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references) =>
        Mean(predictions, references, static (prediction, reference) => Ngrams.F1(Longest(prediction, reference), prediction.Length, reference.Length));

    private static double Mean(
        IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references, Func<string[], string[], double> score) =>
        100 * predictions.Zip(references, (prediction, of) =>
        {
            var words = Words(prediction);
            return of.Max(reference => score(words, Words(reference)));
        }).Average();

    private static string[] Words(string text) => [.. Word().Matches(PythonText.Lower(text)).Select(match => match.Value)];

    private static int Longest(string[] left, string[] right)
    {
        var row = new int[right.Length + 1];
        foreach (var word in left)
        {
            var diagonal = 0;
            for (var j = 1; j <= right.Length; j++)
            {
                (diagonal, row[j]) = (row[j], word == right[j - 1] ? diagonal + 1 : Math.Max(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }

    [GeneratedRegex("[a-z0-9]+")]
    private static partial Regex Word();
}
