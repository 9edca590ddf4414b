namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The paper's models as lines of a plot: each family by its sizes, and its largest after salient spans.</summary>
internal static class PublishedLines
{
    /// <summary>The lines.</summary>
    /// <param name="score">The score of a model.</param>
    /// <param name="looks">Looks of T5, T5 with salient spans, T5.1.1 and T5.1.1 with salient spans, see <see cref="SizeLine"/>.</param>
    /// <param name="whose">Stands before a family's name.</param>
    public static IEnumerable<SizeLine> Of(Func<PublishedClosedBook, double> score, (int Plain, int Salient, int NewerPlain, int NewerSalient) looks, string whose = "") =>
    [
        new($"{whose}T5", looks.Plain, Points("T5-", salient: false, score)),
        new($"{whose}T5 + salient spans", looks.Salient, Points("T5-", salient: true, score)),
        new($"{whose}T5.1.1", looks.NewerPlain, Points("T5.1.1-", salient: false, score)),
        new($"{whose}T5.1.1 + salient spans", looks.NewerSalient, Points("T5.1.1-", salient: true, score)),
    ];

    private static IReadOnlyList<(double Size, string Model, Spread Score)> Points(string family, bool salient, Func<PublishedClosedBook, double> score) =>
    [
        .. PublishedClosedBook.All.Where(row => row.Model.StartsWith(family, StringComparison.Ordinal) && row.Salient == salient)
            .Select(row => ((double)row.Parameters, row.Model, Spread.Of([score(row)]))),
    ];
}
