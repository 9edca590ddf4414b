using System.Text.Json;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>Makes the report that results are of.</summary>
public static class StudyReports
{
    /// <summary>A report of files of results, which all are of one kind.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="spec">The spec of a stage that is a run, where it is at hand; null: none is.</param>
    /// <exception cref="BadInputException">There is none, or one is damaged.</exception>
    public static IStudyReport Read(IReadOnlyList<string> paths, Func<StageRecord, string?>? spec = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return (paths.Count > 0 ? KindOf(paths[0]) : null) switch
        {
            FactCellResult.Facts => new FactReport([.. paths.Select(FactCellResult.Read)], spec),
            CbqaResult.Cbqa => new CbqaReport([.. paths.Select(CbqaResult.Read)], spec),
            _ => new BioReport([.. paths.Select(BioCellResult.Read)], spec),
        };
    }

    // Results of biographies name no kind.
    private static string? KindOf(string path)
    {
        try
        {
            using var result = JsonDocument.Parse(File.ReadAllText(path));
            return result.RootElement.TryGetProperty("kind", out var kind) ? kind.GetString() : null;
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{path} is no result of a study: {e.Message}", e);
        }
    }
}
