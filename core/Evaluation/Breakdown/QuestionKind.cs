using System.Text.RegularExpressions;

namespace Orchestrator.Core.Evaluation.Breakdown;

/// <summary>What a question asks with and what kind of answer it has, by rules over its words: they are coarse, and made for English.</summary>
public static partial class QuestionKind
{
    private static readonly string[] s_words = ["who", "whom", "whose", "what", "which", "when", "where", "why", "how"];

    private static readonly HashSet<string> s_months =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    private static readonly HashSet<string> s_numbers =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
        "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million", "billion", "half",
    ];

    private static readonly HashSet<string> s_places =
    [
        "country", "countries", "city", "cities", "state", "states", "county", "continent", "town", "village", "capital", "island", "river", "lake", "sea", "ocean", "mountain",
        "province", "region", "district", "street", "airport", "stadium",
    ];

    /// <summary>The question's first question word (<c>how many</c> and <c>how much</c> are one of their own), or <c>other</c>.</summary>
    public static string Word(string question)
    {
        ArgumentNullException.ThrowIfNull(question);
        var words = Words(question);
        var at = Array.FindIndex(words, s_words.Contains);
        return at < 0 ? "other"
            : words[at] is "whom" or "whose" ? "who"
            : words[at] == "how" && at + 1 < words.Length && words[at + 1] is "many" or "much" ? "how many"
            : words[at];
    }

    /// <summary>
    /// <c>date</c>: a month and a number, a year, decade or century, or a month alone where the question asks when; <c>number</c>: begins with a number, unless it asks who;
    /// <c>person</c>: it asks who; <c>place</c>: it asks where, or for one of the words for places within two words of what or which; else <c>other</c>. The first that holds.
    /// </summary>
    /// <param name="question">The question.</param>
    /// <param name="answer">Its first right answer.</param>
    public static string Answer(string question, string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var (word, words, asked) = (Word(question), Words(answer), Words(question));
        if (Year().IsMatch(answer) || words.Contains("century") || words.Contains("bc") || (words.Any(s_months.Contains) && (word == "when" || words.Any(one => char.IsAsciiDigit(one[0])))))
        {
            return "date";
        }

        if (word != "who" && words.Length > 0 && (char.IsAsciiDigit(words[0][0]) || s_numbers.Contains(words[0])))
        {
            return "number";
        }

        var at = Array.FindIndex(asked, one => one is "what" or "which");
        return word == "who" ? "person"
            : word == "where" || (at >= 0 && asked.Skip(at + 1).Take(2).Any(s_places.Contains)) ? "place"
            : "other";
    }

    /// <summary>How many words an answer has, after SQuAD's normalisation: <c>1</c>, <c>2</c>, <c>3</c>, <c>4-5</c> or <c>6+</c>.</summary>
    public static string Length(string answer) => PythonText.Split(AnswerText.Squad(answer)).Length switch
    {
        <= 1 => "1",
        2 => "2",
        3 => "3",
        <= 5 => "4-5",
        _ => "6+",
    };

    private static string[] Words(string text) => [.. Word().Matches(PythonText.Lower(text)).Select(match => match.Value)];

    [GeneratedRegex(@"[\p{L}\p{N}]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\A\W*(in|the|early|late|circa|c\.?|\s)*(1[0-9]{3}|20[0-9]{2})s?(\s*(-|–|to|and)\s*([0-9]{2,4}|present))?\W*\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Year();
}
