using System.Text;

namespace Orchestrator.Core.Knowledge.ClosedBook;

/// <summary>The answers as WebQuestions published them: <c>(list (description "Jazmyn Bieber") (description Angola))</c>.</summary>
/// <remarks>Berant et al. 2013, SEMPRE's Lisp trees: a text with a space or a bracket stands in quotes, <c>\</c> before a quote in it.</remarks>
internal static class FreebaseList
{
    /// <summary>The descriptions of a list, in order.</summary>
    /// <exception cref="FormatException">It is no such list; the message is a clause.</exception>
    public static IReadOnlyList<string> Descriptions(string text)
    {
        var words = Words(text).ToArray();
        var answers = new List<string>();
        var at = 2;
        while (words.Length > at + 3 && words[at] is { Text: "(", Quoted: false } && words[at + 1].Text == "description" && words[at + 3] is { Text: ")", Quoted: false })
        {
            answers.Add(words[at + 2].Text);
            at += 4;
        }

        return words is [("(", false), ("list", false), ..] && at == words.Length - 1 && words[at] is (")", false)
            ? answers
            : throw new FormatException("must have a list such as (list (description \"Angola\")) in the field \"targetValue\"");
    }

    private static IEnumerable<(string Text, bool Quoted)> Words(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '(' or ')')
            {
                yield return (text[i].ToString(), false);
            }
            else if (text[i] == '"')
            {
                var word = new StringBuilder();
                for (i++; i < text.Length && text[i] != '"'; i++)
                {
                    i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
                    word.Append(text[i]);
                }

                yield return (word.ToString(), true);
            }
            else if (!char.IsWhiteSpace(text[i]))
            {
                var start = i;
                while (i + 1 < text.Length && !char.IsWhiteSpace(text[i + 1]) && text[i + 1] is not ('(' or ')'))
                {
                    i++;
                }

                yield return (text[start..(i + 1)], false);
            }
        }
    }
}
