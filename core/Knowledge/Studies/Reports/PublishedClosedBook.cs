namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>What Roberts, Raffel and Shazeer 2020 (arXiv:2002.08910, Table 1) report of a model, percent answered exactly.</summary>
/// <param name="Model">The model, for example <c>T5.1.1-XXL</c>.</param>
/// <param name="Parameters">Its weights, a tied embedding counted once.</param>
/// <param name="Salient">Whether its pre-training went on with salient spans.</param>
/// <param name="NaturalQuestions">Natural Questions, open.</param>
/// <param name="WebQuestions">WebQuestions.</param>
/// <param name="TriviaDevelopment">TriviaQA, development half.</param>
/// <param name="TriviaTest">TriviaQA, test half.</param>
public sealed record PublishedClosedBook(
    string Model, long Parameters, bool Salient, double NaturalQuestions, double WebQuestions, double TriviaDevelopment, double TriviaTest)
{
    /// <summary>Every model of the table.</summary>
    public static IReadOnlyList<PublishedClosedBook> All { get; } =
    [
        .. PublishedTables.Rows("closed-book").Select(row => new PublishedClosedBook(
            row[0], (long)Number(row[1]), row[2] == "yes", Number(row[3]), Number(row[4]), Number(row[5]), Number(row[6]))),
    ];

    private static double Number(string text) => PublishedTables.Number(text)!.Value;
}
