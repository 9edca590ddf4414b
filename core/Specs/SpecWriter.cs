using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Specs;

/// <summary>Writes a spec in full, every field in the order of its declaration, so that equal specs are equal text.</summary>
public static class SpecWriter
{
    /// <summary>YAML that <see cref="SpecReader"/> reads back to an equal spec.</summary>
    public static string Write(RunSpec spec)
    {
        var text = new StringBuilder();
        foreach (var field in SpecFields.Of(typeof(RunSpec)))
        {
            var value = field.Property.GetValue(spec);
            if (!field.IsSection)
            {
                text.Append(field.Key).Append(": ").Append(Text(value, quoted: true)).Append('\n');
                continue;
            }

            text.Append(field.Key).Append(":\n");
            foreach (var child in SpecFields.Of(field.Type))
            {
                text.Append("  ").Append(child.Key).Append(": ").Append(Text(child.Property.GetValue(value), quoted: true)).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>One <c>path=value</c> line a field that takes part in the arithmetic, in the order of declaration.</summary>
    internal static string Arithmetic(RunSpec spec, string corpus)
    {
        var text = new StringBuilder("orchestrator run 1\n");
        foreach (var field in Deciding(spec, new RunSpec(), later: false))
        {
            var value = field.Property.GetValue(spec);
            if (!field.IsSection)
            {
                text.Append(CultureInfo.InvariantCulture, $"{field.Key}={Text(value, quoted: false)}\n");
                continue;
            }

            foreach (var child in Deciding(value!, Activator.CreateInstance(field.Type)!, field.IsAddedLater))
            {
                text.Append(CultureInfo.InvariantCulture, $"{field.Key}.{child.Key}={Text(child.Property.GetValue(value), quoted: false)}\n");
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $"corpus={corpus}\n").ToString();
    }

    private static IEnumerable<SpecField> Deciding(object section, object defaults, bool later) =>
        SpecFields.Of(section.GetType()).Where(field =>
            !field.IsIncidental
            && (field.IsSection || !(later || field.IsAddedLater) || !Equals(field.Property.GetValue(section), field.Property.GetValue(defaults))));

    private static string Text(object? value, bool quoted) => value switch
    {
        null => "null",
        string text => quoted ? Quote(text) : text,
        bool yes => yes ? "true" : "false",
        // The shortest text that reads back to the same bits.
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Enum word => SpecFields.Word(word),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"a field of type {value.GetType()}"),
    };

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                < ' ' or (char)0x7f => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
