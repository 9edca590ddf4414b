namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>A study's results as a page, drawings and tables. Pure: the same results give the same bytes.</summary>
public interface IStudyReport
{
    /// <summary>What is most to say of it: names and values of JSON.</summary>
    IReadOnlyDictionary<string, object?> Summary { get; }

    /// <summary>The same in lines for people.</summary>
    IEnumerable<string> Lines();

    /// <summary>The report's files by name; the page is <c>index.html</c>.</summary>
    IReadOnlyDictionary<string, string> Files();
}
