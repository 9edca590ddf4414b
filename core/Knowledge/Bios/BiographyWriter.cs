using System.Text;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>Writes biographies: each a function of (seed, person, variant, copy).</summary>
/// <remarks>
/// Variants of one seed share what they can: the first biography of multiM has the sentences of single and permuteP, and every variant without
/// rewriting has them in all copies.
/// </remarks>
/// <param name="seed">The population's seed.</param>
/// <param name="templates">Sentences an attribute that are drawn from, the first ones; null: all.</param>
public sealed class BiographyWriter(long seed, int? templates = null)
{
    private const ulong SentenceStream = 0x53454E54, OrderStream = 0x4F524452;

    private static readonly IReadOnlyList<string>[] s_templates =
        [.. BioAttributes.All.Select(attribute => BioLists.Lines(BioLists.Resource($"bios.templates.{attribute.Name().Replace('_', '-')}.txt")))];

    /// <summary>The sentences of an attribute, with {name} or {name's} for the person, {was}, {has}, and {value}.</summary>
    public static IReadOnlyList<string> Templates(BioAttribute attribute) => s_templates[(int)attribute];

    /// <summary>The most sentences an attribute that can be asked for: so many there are of every one.</summary>
    public static int MostTemplates { get; } = s_templates.Min(all => all.Count);

    /// <summary>Every sentence that can be written, but for names and values.</summary>
    internal IEnumerable<string> Wordings =>
        from attribute in BioAttributes.All
        from template in Templates(attribute).Take(templates ?? int.MaxValue)
        from pronoun in BioPopulation.Pronouns
        from named in new[] { true, false }
        select Fill(template, new BioPerson(0, "", pronoun, [], Celebrity: false, Trained: false), named).Replace("{value}", "");

    /// <summary>A biography.</summary>
    /// <param name="person">Of whom.</param>
    /// <param name="variant">How ordinary people are told of; a celebrity is told of in <see cref="BioVariant.Celebrity"/>.</param>
    /// <param name="copy">Which of their biographies, below the variant's copies.</param>
    public Biography Write(BioPerson person, BioVariant variant, int copy)
    {
        ArgumentNullException.ThrowIfNull(person);
        ArgumentNullException.ThrowIfNull(variant);
        variant = person.Celebrity ? BioVariant.Celebrity : variant;
        ArgumentOutOfRangeException.ThrowIfNegative(copy);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(copy, variant.Copies);
        var sentences = new SeededRandom(SentenceStream, (ulong)seed, (ulong)person.Index, variant.Rewritten ? (ulong)copy : 0);
        var chosen = s_templates.Select(all => all[(int)sentences.Below((ulong)Math.Min(all.Count, templates ?? all.Count))]).ToArray();
        var order = BioAttributes.All.ToArray();
        if (variant.Permuted)
        {
            Shuffle(order, new SeededRandom(OrderStream, (ulong)seed, (ulong)person.Index, (ulong)copy));
        }

        var text = new StringBuilder(400);
        var places = new int[order.Length];
        foreach (var attribute in order)
        {
            var named = text.Length == 0 || variant.FullName;
            text.Append(text.Length == 0 ? "" : " ");
            var sentence = Fill(chosen[(int)attribute], person, named);
            var value = sentence.IndexOf("{value}", StringComparison.Ordinal);
            places[(int)attribute] = text.Length + value;
            text.Append(sentence, 0, value).Append(person[attribute]).Append(sentence, value + "{value}".Length, sentence.Length - value - "{value}".Length);
        }

        return new Biography(person, copy, text.ToString(), order, places);
    }

    private static string Fill(string template, BioPerson person, bool named)
    {
        var several = !named && person.Pronoun == "They";
        var possessive = named ? person.Name + "'s" : person.Pronoun switch { "He" => "His", "She" => "Her", _ => "Their" };
        return template.Replace("{name's}", possessive).Replace("{name}", named ? person.Name : person.Pronoun)
            .Replace("{was}", several ? "were" : "was").Replace("{has}", several ? "have" : "has");
    }

    // Fisher and Yates.
    private static void Shuffle(BioAttribute[] order, SeededRandom random)
    {
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = (int)random.Below((ulong)i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}
