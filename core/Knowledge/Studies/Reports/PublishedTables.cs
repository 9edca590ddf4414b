using System.Globalization;
using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The papers' numbers as files of the product, tab-separated, a head above.</summary>
internal static class PublishedTables
{
    /// <summary>The rows of a file.</summary>
    public static IReadOnlyList<string[]> Rows(string name)
    {
        using var reader = BioLists.Resource($"studies.published.{name}.tsv");
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Skip(1).Select(line => line.Split('\t'))];
    }

    /// <summary>A number, or null where there is none.</summary>
    public static double? Number(string text) => text.Length > 0 ? double.Parse(text, CultureInfo.InvariantCulture) : null;
}
