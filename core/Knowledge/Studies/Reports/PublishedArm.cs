namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>What the paper reports of an arm: of its variant, and of it beside celebrities or after mixed training where that is what the arm is.</summary>
/// <param name="Mean">Mean accuracy over the six attributes; null where the paper has no such arm.</param>
/// <param name="MeanOfFive">The mean without the birth date, where attributes are reported.</param>
/// <param name="Answers">The same by attribute; null where only the mean is reported.</param>
internal sealed record PublishedArm(double? Mean, double? MeanOfFive = null, IReadOnlyList<double>? Answers = null)
{
    /// <summary>Whether an arm is of the kind that Figure 3 is about: no celebrities beside the people, and no questions beside the biographies.</summary>
    public static bool IsPlain(BioCellResult cell) => cell is { Celebrities: 0, QaShare: null };

    /// <summary>What is reported of an arm, or null.</summary>
    public static PublishedArm? Of(BioCellResult cell) => (cell.Celebrities > 0, cell.QaShare is not null) switch
    {
        (false, false) => PublishedResults.Of(cell.Variant) is { } variant ? new PublishedArm(variant.Mean, variant.MeanOfFive, variant.Answers) : null,
        (true, false) => PublishedResults.WithCelebrities(cell.Variant) is { } accuracy ? new PublishedArm(accuracy) : null,
        (false, true) => PublishedResults.Of(cell.Variant) is { } variant ? new PublishedArm(variant.Mixed) : null,
        _ => null,
    };
}
