using System.Text;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>A text with fields in braces, <c>question: {question}</c>; a brace itself is doubled.</summary>
public sealed class TaskTemplate
{
    // Literals at even places, fields at odd ones.
    private readonly IReadOnlyList<string> _parts;

    private TaskTemplate(IReadOnlyList<string> parts) => _parts = parts;

    /// <summary>The fields that it names, in order.</summary>
    public IReadOnlyList<string> Fields => [.. _parts.Where((_, place) => place % 2 == 1)];

    /// <summary>Reads a template.</summary>
    /// <exception cref="FormatException">A brace has no partner or encloses nothing; the message says which, as in "has ...".</exception>
    public static TaskTemplate Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = new List<string>();
        var part = new StringBuilder();
        var inField = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is not ('{' or '}'))
            {
                part.Append(c);
            }
            else if (!inField && i + 1 < text.Length && text[i + 1] == c)
            {
                part.Append(c);
                i++;
            }
            else if (inField == (c == '{') || (inField && part.Length == 0))
            {
                throw new FormatException($"has a '{c}' at character {i + 1} that names no field; write {{field}}, or {c}{c} for the brace itself");
            }
            else
            {
                parts.Add(part.ToString());
                part.Clear();
                inField = !inField;
            }
        }

        if (inField)
        {
            throw new FormatException("has a '{' that is not closed; write {field}, or {{ for the brace itself");
        }

        parts.Add(part.ToString());
        return new TaskTemplate(parts);
    }

    /// <summary>The text with each field's value in its place.</summary>
    /// <param name="value">A field's value by its name.</param>
    public string Fill(Func<string, string> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return string.Concat(_parts.Select((part, place) => place % 2 == 0 ? part : value(part)));
    }
}
