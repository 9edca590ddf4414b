using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>What the paper reports of a variant, percent (Allen-Zhu and Li 2023, arXiv:2309.14316, Figures 3 and 5).</summary>
/// <param name="Mean">Mean accuracy of answers after pre-training and fine-tuning.</param>
/// <param name="Answers">The same by attribute.</param>
/// <param name="Mixed">Mean accuracy after mixed training.</param>
/// <param name="QuestionProbe">Whole attributes told by the Q-probe; null for the birth date.</param>
public sealed record PublishedVariant(double Mean, IReadOnlyList<double> Answers, double Mixed, IReadOnlyList<double?> QuestionProbe)
{
    /// <summary>The mean without the birth date.</summary>
    public double MeanOfFive => Answers.Skip(1).Average();
}

/// <summary>The paper's numbers.</summary>
public static class PublishedResults
{
    private static readonly Dictionary<string, PublishedVariant> s_variants = Rows("bios").ToDictionary(
        row => row[0],
        row => new PublishedVariant(Number(row[1])!.Value, [.. row[2..8].Select(text => Number(text)!.Value)], Number(row[8])!.Value, [null, .. row[9..14].Select(Number)]),
        StringComparer.Ordinal);

    private static readonly Dictionary<(string, BioAttribute), IReadOnlyList<double?>> s_positions = Rows("position-probe").ToDictionary(
        row => (row[0], BioAttributes.All.Single(attribute => attribute.Name() == row[1])),
        row => (IReadOnlyList<double?>)[.. row[2..8].Select(Number)]);

    private static readonly Dictionary<string, double> s_celebrity =
        Rows("celebrity").ToDictionary(row => row[0], row => Number(row[2])!.Value, StringComparer.Ordinal);

    /// <summary>The numbers of a variant, or null where it is none of the sixteen.</summary>
    public static PublishedVariant? Of(string variant) => s_variants.GetValueOrDefault(variant);

    /// <summary>The accuracy on people beside whom there were celebrities, or null.</summary>
    public static double? WithCelebrities(string variant) => s_celebrity.TryGetValue(variant, out var value) ? value : null;

    /// <summary>The P-probe of an attribute by position, null where the paper's text names no number; or null.</summary>
    public static IReadOnlyList<double?>? PositionProbe(string variant, BioAttribute attribute) => s_positions.GetValueOrDefault((variant, attribute));

    private static IReadOnlyList<string[]> Rows(string name) => PublishedTables.Rows(name);

    private static double? Number(string text) => PublishedTables.Number(text);
}
