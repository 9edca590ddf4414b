using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The figures of a study, as the paper has them.</summary>
internal static class BioFigures
{
    private static readonly string[] s_attributes = ["birth date", "birth city", "university", "major", "employer", "work city"];

    /// <summary>Every figure that the results allow.</summary>
    public static IReadOnlyList<StudyFigure> Of(IReadOnlyList<ArmSummary> arms) =>
        [Memory(arms), Extraction(arms), .. Positions(arms), .. Questions(arms), .. Capacity(arms)];

    private static StudyFigure Memory(IReadOnlyList<ArmSummary> arms)
    {
        var gate = arms[0].Any.MemoryGate;
        var bars = arms.Select(arm => new Bar(arm.Label, arm.Memory, null, arm.Remark, arm.IsUnderTrained)).ToList();
        return new StudyFigure(
            "memory", "What the models recall of what they read",
            $"First tokens of the values, inside the biographies, percent. A model below the gate of {gate:0.#} % has not learned its biographies: it is hatched and named under-trained, and what it answers is no result.",
            [Chart.Of("Recall of the biographies", bars, "%", 100, [(gate, $"gate {gate:0.#}")], ("recall", null))]);
    }

    private static StudyFigure Extraction(IReadOnlyList<ArmSummary> arms)
    {
        var bars = arms.Select(arm => new Bar(arm.Label, arm.Extraction, arm.Published, arm.Remark, arm.IsUnderTrained)).ToList();
        var majority = arms.SelectMany(arm => arm.All).Average(cell => cell.Majority.MeanOfFive);
        var rows = arms.Select(arm => new HeatRow(
            arm.Label,
            [.. BioAttributes.All.Select(attribute => new HeatField(arm.Answers(attribute).Mean, Comparable(arm) ? PublishedResults.Of(arm.Any.Variant)?.Answers[(int)attribute] : null))],
            arm.IsUnderTrained)).ToList();
        return new StudyFigure(
            "figure-3", "Figure 3: answers about people whose questions were never seen",
            "Exact answers, percent: ours is the mean of the five attributes other than the birth date, with the standard deviation over seeds and each seed as a ring; the paper's is that of the same five, or of all six beside celebrities and after mixed training. Below, by attribute, with the paper's in brackets.",
            [
                Chart.Of("Exact answers on held-out people", bars, "%", 100, majority > 0 ? [(majority, $"majority {majority:0.0}")] : [], ("this study", "published")),
                HeatTable.Of("By attribute", s_attributes, rows, 196, 84),
            ]);
    }

    private static IEnumerable<StudyFigure> Positions(IReadOnlyList<ArmSummary> arms)
    {
        var probed = arms.Where(arm => arm.Shown.Any(cell => cell.PositionProbe is not null)).ToList();
        if (probed.Count > 0)
        {
            yield return new StudyFigure(
                "figure-4", "Figure 4: where in a biography the attributes can be read off (P-probe)",
                "First tokens of the values told by a linear probe, percent. Column k: the token just before the k-th sentence's value; 1 follows the name alone. In an unpermuted biography a value's own place is framed. A row in brackets is what the paper's text says.",
                [.. probed.Select(PositionPanel)]);
        }
    }

    private static Svg PositionPanel(ArmSummary arm)
    {
        var probes = arm.Shown.Where(cell => cell.PositionProbe is not null).Select(cell => cell.PositionProbe!.First).ToList();
        var permuted = BioVariant.Parse(arm.Any.Variant).Permuted;
        var rows = new List<HeatRow>();
        foreach (var attribute in BioAttributes.All)
        {
            rows.Add(new HeatRow(
                s_attributes[(int)attribute],
                [.. Enumerable.Range(0, probes[0].Count).Select(position => new HeatField(
                    probes.Average(probe => probe[position][(int)attribute]), Framed: !permuted && position == (int)attribute))],
                arm.IsUnderTrained));
            if (Comparable(arm) && PublishedResults.PositionProbe(arm.Any.Variant, attribute) is { } published)
            {
                rows.Add(new HeatRow("(published)", [.. published.Select(value => new HeatField(value))]));
            }
        }

        var title = arm.Label + (arm.IsUnderTrained ? $", {arm.Remark}" : "");
        return HeatTable.Of(title, [.. Enumerable.Range(1, probes[0].Count).Select(position => $"{position}")], rows, 92, 46);
    }

    private static IEnumerable<StudyFigure> Questions(IReadOnlyList<ArmSummary> arms)
    {
        var probed = arms.Where(arm => arm.Shown.Any(cell => cell.QuestionProbe is not null)).ToList();
        if (probed.Count > 0)
        {
            yield return new StudyFigure(
                "figure-5", "Figure 5: what a name alone tells (Q-probe)",
                "Whole values told by a linear probe at the end of a name, percent, with the paper's in brackets; for the birth date its first token.",
                [HeatTable.Of("By attribute", s_attributes, [.. probed.Select(QuestionRow)], 196, 84)]);
        }
    }

    private static HeatRow QuestionRow(ArmSummary arm)
    {
        var probes = arm.Shown.Where(cell => cell.QuestionProbe is not null).Select(cell => cell.QuestionProbe!).ToList();
        var published = Comparable(arm) ? PublishedResults.Of(arm.Any.Variant)?.QuestionProbe : null;
        return new HeatRow(
            arm.Label,
            [.. BioAttributes.All.Select(attribute => new HeatField(
                probes.Average(probe => probe.Whole[0][(int)attribute] ?? probe.First[0][(int)attribute]), published?[(int)attribute]))],
            arm.IsUnderTrained);
    }

    private static IEnumerable<StudyFigure> Capacity(IReadOnlyList<ArmSummary> arms)
    {
        var bars = arms.Where(arm => arm.All.All(cell => cell.Capacity is not null))
            .Select(arm => new Bar(arm.Label, Spread.Of(arm.All.Select(cell => cell.Capacity!.BitsPerParameter)), null, "", arm.IsUnderTrained, Digits: 3)).ToList();
        if (bars.Count == 0)
        {
            yield break;
        }

        var limit = Math.Max(0.1, Math.Ceiling(bars.Max(bar => bar.Ours.Mean + bar.Ours.Deviation) * 10) / 10);
        (double Value, string Name)[] marks = [(1, "100 exposures"), (2, "1000 exposures")];
        yield return new StudyFigure(
            "capacity", "Knowledge in bits",
            "Bits of names and attributes that a model holds, per weight (Allen-Zhu and Li 2024). At its limit a model holds about 1 after 100 exposures and 2 after 1000; with few people there is less to know.",
            [Chart.Of("Bits per weight", bars, "bits", limit, [.. marks.Where(mark => mark.Value <= limit)], ("bits per weight", null))]);
    }

    private static bool Comparable(ArmSummary arm) => PublishedArm.IsPlain(arm.Any);
}
