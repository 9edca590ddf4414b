using System.Collections;
using System.Globalization;
using System.Text;

namespace Orchestrator.Core.Specs;

/// <summary>Writes a spec in full, every field that its model's family has, in the order of declaration, so that equal specs are equal text.</summary>
public static class SpecWriter
{
    /// <summary>YAML that <see cref="SpecReader"/> reads back to an equal spec.</summary>
    public static string Write(RunSpec spec)
    {
        var text = new StringBuilder();
        foreach (var field in SpecFields.Of(typeof(RunSpec)))
        {
            var value = field.Property.GetValue(spec);
            if (!field.IsSection || value is null)
            {
                text.Append(field.Key).Append(": ").Append(Inline(value)).Append('\n');
                continue;
            }

            text.Append(field.Key).Append(":\n");
            foreach (var child in SpecFields.Of(field.Type).Where(child => child.BelongsTo(value!)))
            {
                text.Append("  ").Append(child.Key).Append(": ").Append(Inline(child.Property.GetValue(value))).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>One <c>path=value</c> line a field that takes part in the arithmetic, in the order of declaration.</summary>
    internal static string Arithmetic(RunSpec spec, string corpus)
    {
        var text = new StringBuilder("orchestrator run 1\n");
        AddArithmetic(text, spec, "", later: false);
        return text.Append(CultureInfo.InvariantCulture, $"corpus={corpus}\n").ToString();
    }

    /// <summary>The same lines of one section.</summary>
    internal static string Arithmetic(object section)
    {
        var text = new StringBuilder();
        AddArithmetic(text, section, "", later: false);
        return text.ToString();
    }

    private static void AddArithmetic(StringBuilder text, object section, string prefix, bool later)
    {
        var defaults = Activator.CreateInstance(section.GetType());
        foreach (var field in SpecFields.Of(section.GetType()).Where(field => !field.IsIncidental && field.BelongsTo(section)))
        {
            var path = prefix + field.Key;
            var value = field.Property.GetValue(section);
            if (field.IsSection && value is not null)
            {
                AddArithmetic(text, value, path + ".", later || field.IsAddedLater);
            }
            else if ((later || field.IsAddedLater) && Equals(value, field.Property.GetValue(defaults)))
            {
                continue;
            }
            else if (field.Element is { } element && element != typeof(string))
            {
                foreach (var (place, item) in ((IEnumerable)value!).Cast<object>().Index())
                {
                    AddArithmetic(text, item, $"{path}[{place}].", later: false);
                }
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{path}={Inline(value)}\n");
            }
        }
    }

    // Everything below the second level stands on one line, as YAML's flow style has it.
    private static string Inline(object? value) => value switch
    {
        null => "null",
        string text => Quote(text),
        bool yes => yes ? "true" : "false",
        // The shortest text that reads back to the same bits.
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Enum word => SpecFields.Word(word),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Inline))}]",
        _ => $"{{{string.Join(", ", SpecFields.Of(value.GetType()).Select(field => $"{field.Key}: {Inline(field.Property.GetValue(value))}"))}}}",
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
