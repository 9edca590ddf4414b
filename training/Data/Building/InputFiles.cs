using System.IO.Enumeration;
using Orchestrator.Core;

namespace Orchestrator.Training.Data.Building;

/// <summary>How a file's text is found.</summary>
internal enum InputFormat
{
    /// <summary>One HTML page.</summary>
    Html,

    /// <summary>Plain text: one page, or several where it is long.</summary>
    Text,

    /// <summary>One JSON record a line, as C4: text, url, timestamp.</summary>
    JsonLines,

    /// <summary>A web archive: WARC with HTML, or WET with text.</summary>
    Warc,
}

/// <summary>A file to read.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Key">What it is called in the corpus: its path below the named input, with '/'.</param>
/// <param name="Format">How its text is found.</param>
/// <param name="Compressed">Whether it is gzip.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="ModifiedTicks">When it was last written, UTC ticks.</param>
internal sealed record InputFile(string Path, string Key, InputFormat Format, bool Compressed, long Bytes, long ModifiedTicks);

/// <summary>Finds the files behind the named inputs.</summary>
internal static class InputFiles
{
    private static readonly (string Extension, InputFormat Format)[] s_formats =
    [
        (".html", InputFormat.Html), (".htm", InputFormat.Html), (".xhtml", InputFormat.Html),
        (".txt", InputFormat.Text), (".text", InputFormat.Text), (".md", InputFormat.Text),
        (".json", InputFormat.JsonLines), (".jsonl", InputFormat.JsonLines), (".ndjson", InputFormat.JsonLines),
        (".warc", InputFormat.Warc), (".wet", InputFormat.Warc),
    ];

    /// <summary>All files of the inputs, those of a folder in ordinal order of their paths.</summary>
    /// <param name="inputs">Folders, files, or patterns with * and ? in their last part.</param>
    /// <exception cref="BadInputException">An input does not exist, or holds no file of a known kind.</exception>
    public static IReadOnlyList<InputFile> Find(IReadOnlyList<string> inputs)
    {
        var files = new List<InputFile>();
        foreach (var input in inputs)
        {
            var before = files.Count;
            if (Directory.Exists(input))
            {
                foreach (var path in Directory.EnumerateFiles(input, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                {
                    Add(files, path, System.IO.Path.GetRelativePath(input, path));
                }
            }
            else if (File.Exists(input))
            {
                Add(files, input, System.IO.Path.GetFileName(input));
            }
            else if (System.IO.Path.GetFileName(input).AsSpan().ContainsAny('*', '?') && Directory.Exists(FolderOf(input)))
            {
                var pattern = System.IO.Path.GetFileName(input);
                foreach (var path in Directory.EnumerateFiles(FolderOf(input)).Order(StringComparer.Ordinal)
                    .Where(p => FileSystemName.MatchesSimpleExpression(pattern, System.IO.Path.GetFileName(p), ignoreCase: false)))
                {
                    Add(files, path, System.IO.Path.GetFileName(path));
                }
            }
            else
            {
                throw new BadInputException($"input: '{input}' does not exist; name a folder or file with text.");
            }

            if (files.Count == before)
            {
                throw new BadInputException(
                    $"input: '{input}' holds no text; files ending in {string.Join(", ", s_formats.Select(f => f.Extension))} are read, the last ones also with .gz.");
            }
        }

        return files;
    }

    private static string FolderOf(string pattern) =>
        System.IO.Path.GetDirectoryName(pattern) is { Length: > 0 } folder ? folder : ".";

    private static void Add(List<InputFile> files, string path, string key)
    {
        var compressed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        var name = compressed ? path[..^3] : path;
        foreach (var (extension, format) in s_formats)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                var info = new FileInfo(path);
                files.Add(new InputFile(path, key.Replace('\\', '/'), format, compressed, info.Length, info.LastWriteTimeUtc.Ticks));
                return;
            }
        }
    }
}
