using System.Text;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>Writes articles and questions: each a function of (seed, entity, telling).</summary>
/// <param name="seed">The world's seed.</param>
public sealed class FactWriter(long seed)
{
    private const ulong ArticleStream = 0x46415254;

    /// <summary>A question.</summary>
    public static string Question(FactEntity entity, Fact fact)
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(fact);
        return FactTemplates.Of(entity.Kind, fact.Relation).Question.Replace("{name}", entity.Name, StringComparison.Ordinal);
    }

    /// <summary>A fact as a sentence with a gap in the answer's place, <c>&lt;extra_id_0&gt;</c>: the first of the sentences that articles tell it in.</summary>
    public static string Cloze(FactEntity entity, Fact fact)
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(fact);
        return Fill(FactTemplates.Of(entity.Kind, fact.Relation).Sentences[0], entity, fact.Value, first: true, shown: "<extra_id_0>");
    }

    /// <summary>An article: every fact of an entity in a sentence of its own, the first of which has its name.</summary>
    /// <param name="entity">Of what.</param>
    /// <param name="telling">Which of its articles, from 0: another order and other sentences.</param>
    public string Article(FactEntity entity, int telling)
    {
        ArgumentNullException.ThrowIfNull(entity);
        var random = new SeededRandom(ArticleStream, (ulong)seed, (ulong)entity.Kind, (ulong)entity.Index, (ulong)telling);
        var facts = entity.Facts.ToArray();
        for (var i = facts.Length - 1; i > 0; i--)
        {
            var j = (int)random.Below((ulong)i + 1);
            (facts[i], facts[j]) = (facts[j], facts[i]);
        }

        var text = new StringBuilder();
        foreach (var fact in facts)
        {
            var sentences = FactTemplates.Of(entity.Kind, fact.Relation).Sentences;
            text.Append(text.Length == 0 ? "" : " ").Append(Fill(sentences[(int)random.Below((ulong)sentences.Count)], entity, fact.Value, text.Length == 0));
        }

        return text.ToString();
    }

    private static string Fill(string sentence, FactEntity entity, string value, bool first, string? shown = null)
    {
        var subject = !first ? entity.Later : entity.Kind == FactKind.Organisation ? $"The {entity.Name}" : entity.Name;
        var article = "AEIOUaeiou".Contains(value[0], StringComparison.Ordinal) ? "an" : "a";
        return sentence.Replace("{name}", subject, StringComparison.Ordinal).Replace("{full}", entity.Name, StringComparison.Ordinal)
            .Replace("{a value}", $"{article} {shown ?? value}", StringComparison.Ordinal).Replace("{value}", shown ?? value, StringComparison.Ordinal);
    }
}
