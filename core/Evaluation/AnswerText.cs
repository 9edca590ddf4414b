using System.Text;

namespace Orchestrator.Core.Evaluation;

/// <summary>Answers as question answering compares them: what is left when case, punctuation, articles and spacing are set aside.</summary>
/// <remarks>google-research/text-to-text-transfer-transformer, t5/evaluation/qa_utils.py.</remarks>
public static class AnswerText
{
    private const string AsciiPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    private const string TriviaPunctuation = AsciiPunctuation + "‘’´`_";

    private static readonly string[] s_articles = ["the", "an", "a"];

    /// <summary>SQuAD: lower case; ASCII punctuation deleted; articles out; one space between words.</summary>
    public static string Squad(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Words(WithoutArticles(Replace(PythonText.Lower(answer), AsciiPunctuation, "")));
    }

    /// <summary>TriviaQA: as SQuAD, but punctuation, with the quotes ‘ ’ and ´ among it, becomes a space.</summary>
    public static string TriviaQa(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Words(WithoutArticles(Replace(PythonText.Lower(answer), TriviaPunctuation, " ")));
    }

    /// <summary>Natural Questions, open: normalisation form D, then as SQuAD.</summary>
    /// <remarks>google-research/language, language/orqa/utils/eval_utils.py.</remarks>
    public static string NaturalQuestions(string answer) => Squad(CanonicalDecomposition.Of(answer));

    private static string Words(string text) => string.Join(' ', PythonText.Split(text));

    private static string Replace(string text, string characters, string by)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = characters.Contains(c) ? kept.Append(by) : kept.Append(c);
        }

        return kept.ToString();
    }

    // Python's \b(a|an|the)\b: a word's borders are where a letter, number or underscore meets anything else.
    private static string WithoutArticles(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var article = PythonText.IsWord(text, i - 1)
                ? null
                : Array.Find(s_articles, word => string.CompareOrdinal(text, i, word, 0, word.Length) == 0 && !PythonText.IsWord(text, i + word.Length));
            _ = article is null ? kept.Append(text[i]) : kept.Append(' ');
            i += article is null ? 0 : article.Length - 1;
        }

        return kept.ToString();
    }
}
