using System.Text.RegularExpressions;

namespace Orchestrator.Core.Evaluation;

/// <summary>Corpus BLEU as sacrebleu computes it by default (BLEU+case.mixed+smooth.exp+tok.13a).</summary>
/// <remarks>Papineni et al. 2002; Post 2018. An example may have any number of references; the closest in length counts for brevity.</remarks>
public static partial class Bleu
{
    private const int Orders = 4;

    /// <summary>The score, from 0 to 100.</summary>
    public static double Corpus(IReadOnlyList<string> predictions, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(references);
        var (right, total) = (new long[Orders], new long[Orders]);
        long length = 0, wanted = 0;
        for (var i = 0; i < predictions.Count; i++)
        {
            var words = Tokens(predictions[i]);
            var others = references[i].Select(Tokens).ToArray();
            length += words.Length;
            wanted += others.Select(other => other.Length).OrderBy(other => Math.Abs(other - words.Length)).ThenBy(other => other).First();
            for (var order = 1; order <= Orders; order++)
            {
                var most = new Dictionary<string, int>(StringComparer.Ordinal);
                foreach (var (run, count) in others.SelectMany(other => Ngrams.Count(other, order)))
                {
                    most[run] = Math.Max(count, most.GetValueOrDefault(run));
                }

                right[order - 1] += Ngrams.Shared(Ngrams.Count(words, order), most);
                total[order - 1] += Math.Max(0, words.Length - order + 1);
            }
        }

        return Score(right, total, length, wanted);
    }

    /// <summary>The text's tokens, as mteval-v13a.pl cuts them.</summary>
    internal static string[] Tokens(string text)
    {
        var line = text.TrimEnd().Replace("<skipped>", "").Replace("-\n", "").Replace("\n", " ");
        line = line.Replace("&quot;", "\"").Replace("&amp;", "&").Replace("&lt;", "<").Replace("&gt;", ">");
        line = Symbol().Replace($" {line} ", " $1 ");
        line = MarkAfterNonDigit().Replace(line, "$1 $2 ");
        line = MarkBeforeNonDigit().Replace(line, " $1 $2");
        return PythonText.Split(DashAfterDigit().Replace(line, "$1 $2 "));
    }

    private static double Score(long[] right, long[] total, long length, long wanted)
    {
        // Without a run of any order a score is not defined; it is 0, as where nothing is right.
        if (right.Sum() == 0 || Array.IndexOf(total, 0) >= 0)
        {
            return 0;
        }

        var logarithms = 0.0;
        var smooth = 1.0;
        for (var i = 0; i < Orders; i++)
        {
            smooth *= right[i] == 0 ? 2 : 1;
            logarithms += Math.Log(100.0 * (right[i] == 0 ? 1 / smooth : right[i]) / total[i]);
        }

        var brevity = length < wanted ? Math.Exp(1 - ((double)wanted / length)) : 1;
        return brevity * Math.Exp(logarithms / Orders);
    }

    [GeneratedRegex(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])")]
    private static partial Regex Symbol();

    [GeneratedRegex(@"([^0-9])([\.,])")]
    private static partial Regex MarkAfterNonDigit();

    [GeneratedRegex(@"([\.,])([^0-9])")]
    private static partial Regex MarkBeforeNonDigit();

    [GeneratedRegex("([0-9])(-)")]
    private static partial Regex DashAfterDigit();
}
