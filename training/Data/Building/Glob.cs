using System.IO.Enumeration;

namespace Orchestrator.Training.Data.Building;

/// <summary>Files that a pattern fits: * and ? in any part of the path, ** for any number of folders.</summary>
internal static class Glob
{
    /// <summary>The files, in ordinal order of their paths.</summary>
    public static IReadOnlyList<string> Find(string pattern)
    {
        var parts = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var files = new SortedSet<string>(StringComparer.Ordinal);
        Walk(pattern.StartsWith('/') ? "/" : ".", parts, files);
        return [.. files];
    }

    private static void Walk(string folder, ReadOnlySpan<string> parts, SortedSet<string> files)
    {
        var part = parts[0];
        if (part == "**")
        {
            if (parts.Length == 1)
            {
                files.UnionWith(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
                return;
            }

            Walk(folder, parts[1..], files);
            foreach (var inner in Directory.EnumerateDirectories(folder))
            {
                Walk(inner, parts, files);
            }

            return;
        }

        bool Fits(string path) => FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(path), ignoreCase: false);
        if (parts.Length == 1)
        {
            files.UnionWith(Directory.EnumerateFiles(folder).Where(Fits));
            return;
        }

        if (!part.AsSpan().ContainsAny('*', '?'))
        {
            var inner = Path.Combine(folder, part);
            if (Directory.Exists(inner))
            {
                Walk(inner, parts[1..], files);
            }

            return;
        }

        foreach (var inner in Directory.EnumerateDirectories(folder).Where(Fits))
        {
            Walk(inner, parts[1..], files);
        }
    }
}
