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
    private const string Newer = "v1_1-";

    /// <summary>Every model of the table.</summary>
    public static IReadOnlyList<PublishedClosedBook> All { get; } =
    [
        .. PublishedTables.Rows("closed-book").Select(row => new PublishedClosedBook(
            row[0], (long)Number(row[1]), row[2] == "yes", Number(row[3]), Number(row[4]), Number(row[5]), Number(row[6]))),
    ];

    /// <summary>The model of one of the recipes' sizes, or null: the paper has every size without salient spans, and the largest of either family with them.</summary>
    /// <param name="size">One of <see cref="Knowledge.ClosedBook.ClosedBookRecipes.Sizes"/>.</param>
    /// <param name="salient">Whether its pre-training went on with salient spans.</param>
    public static PublishedClosedBook? Find(string size, bool salient)
    {
        ArgumentNullException.ThrowIfNull(size);
        var name = size.StartsWith(Newer, StringComparison.Ordinal) ? "T5.1.1-" + size[Newer.Length..] : "T5-" + size;
        return All.FirstOrDefault(row => string.Equals(row.Model, name, StringComparison.OrdinalIgnoreCase) && row.Salient == salient);
    }

    /// <summary>The questions that a data set is tested on, as the table names them. The answers of TriviaQA's test half are not published: what anyone can be tested on is its development half.</summary>
    /// <param name="dataset">One of <see cref="Knowledge.ClosedBook.ClosedBookRecipes.Datasets"/>.</param>
    public static string Questions(string dataset) => dataset switch { "nq" => "Natural Questions", "wq" => "WebQuestions", _ => "TriviaQA, dev" };

    /// <summary>The score on those questions.</summary>
    /// <param name="dataset">One of <see cref="Knowledge.ClosedBook.ClosedBookRecipes.Datasets"/>.</param>
    public double Score(string dataset) => dataset switch { "nq" => NaturalQuestions, "wq" => WebQuestions, _ => TriviaDevelopment };

    private static double Number(string text) => PublishedTables.Number(text)!.Value;
}
