using System.Globalization;
using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>One arm with one model, over its seeds. What it answers is taken from the seeds that passed the memory gate.</summary>
internal sealed record ArmSummary
{
    private ArmSummary(string label, IReadOnlyList<BioCellResult> all)
    {
        Label = label;
        All = all;
        Trained = [.. all.Where(cell => !cell.IsUnderTrained)];
    }

    /// <summary>The arm's name, with the model's where there are several.</summary>
    public string Label { get; }

    /// <summary>Every seed.</summary>
    public IReadOnlyList<BioCellResult> All { get; }

    /// <summary>The seeds that passed the gate.</summary>
    public IReadOnlyList<BioCellResult> Trained { get; }

    /// <summary>Whether no seed passed.</summary>
    public bool IsUnderTrained => Trained.Count == 0;

    /// <summary>What is shown: the seeds that passed, or all where none did.</summary>
    public IReadOnlyList<BioCellResult> Shown => IsUnderTrained ? All : Trained;

    /// <summary>The first of those that are shown.</summary>
    public BioCellResult Any => Shown[0];

    /// <summary>The published accuracy that it is compared with, or null: the mean of the same five attributes, of all six beside celebrities and after mixed training.</summary>
    public double? Published => PublishedArm.Of(Any) is { } published ? published.MeanOfFive ?? published.Mean : null;

    /// <summary>What the label says of seeds that are left out.</summary>
    public string Remark => IsUnderTrained
        ? $"under-trained: memory {Memory.Mean:0.0} %"
        : Trained.Count < All.Count ? $"{Trained.Count} of {All.Count} seeds; the rest under-trained" : "";

    /// <summary>Recall of first tokens over all seeds.</summary>
    public Spread Memory => Spread.Of(All.Select(cell => cell.Memory.FirstMean));

    /// <summary>Exact answers on held-out people, mean of the five attributes other than the birth date.</summary>
    public Spread Extraction => Spread.Of(Shown.Select(cell => cell.Extraction.HeldOutMeanOfFive));

    /// <summary>Exact answers by attribute.</summary>
    public Spread Answers(BioAttribute attribute) => Spread.Of(Shown.Select(cell => cell.Extraction.HeldOut[attribute.Name()]));

    /// <summary>The arms of results, in the order of the paper's variants, others after them in the order of their names.</summary>
    public static IReadOnlyList<ArmSummary> Of(IReadOnlyList<BioCellResult> cells)
    {
        var published = BioVariant.Published.Select(variant => variant.ToString()).ToList();
        var several = cells.Select(cell => cell.Model).Distinct(StringComparer.Ordinal).Count() > 1;
        int Place(BioCellResult cell) => published.IndexOf(cell.Variant) is >= 0 and var place ? place : published.Count;
        return
        [
            .. cells.GroupBy(cell => (cell.Arm, cell.Model))
                .OrderBy(group => Place(group.First())).ThenBy(group => group.Key.Arm, StringComparer.Ordinal).ThenBy(group => group.Key.Model, StringComparer.Ordinal)
                .Select(group => new ArmSummary(several ? $"{group.Key.Arm} · {group.Key.Model}" : group.Key.Arm, [.. group.OrderBy(cell => cell.Seed)])),
        ];
    }
}

/// <summary>A mean and how far values are from it.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The sample standard deviation; 0 for one value.</param>
/// <param name="Values">The values.</param>
internal sealed record Spread(double Mean, double Deviation, IReadOnlyList<double> Values)
{
    /// <summary>Of values, at least one.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        var mean = all.Average();
        return new Spread(mean, all.Length > 1 ? Math.Sqrt(all.Sum(value => (value - mean) * (value - mean)) / (all.Length - 1)) : 0, all);
    }

    /// <summary>As text: <c>97.8 ± 0.6</c>.</summary>
    /// <param name="digits">Digits behind the point.</param>
    public string Text(int digits)
    {
        var format = "F" + digits.ToString(CultureInfo.InvariantCulture);
        var mean = Mean.ToString(format, CultureInfo.InvariantCulture);
        return Values.Count > 1 ? $"{mean} ± {Deviation.ToString(format, CultureInfo.InvariantCulture)}" : mean;
    }

    /// <inheritdoc/>
    public override string ToString() => Text(1);
}
