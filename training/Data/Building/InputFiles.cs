using Orchestrator.Core;
using Orchestrator.Core.Data;

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
    /// <param name="inputs">Folders, files, or patterns: * and ? in any part, ** for any number of folders. A file that is named itself may
    /// have any ending: then its first bytes tell its kind.</param>
    /// <param name="output">A folder that is written to: what lies below it was not put there to be read.</param>
    /// <exception cref="BadInputException">An input does not exist, or holds no file of a known kind.</exception>
    public static IReadOnlyList<InputFile> Find(IReadOnlyList<string> inputs, string? output = null)
    {
        var files = new List<InputFile>();
        var own = output is null ? null : System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(output)) + System.IO.Path.DirectorySeparatorChar;
        bool IsFound(string path) => own is null || !System.IO.Path.GetFullPath(path).StartsWith(own, StringComparison.Ordinal);
        foreach (var input in inputs)
        {
            var before = files.Count;
            if (Directory.Exists(input))
            {
                if (!IsFound(System.IO.Path.Combine(input, "any")))
                {
                    throw new BadInputException($"input: '{input}' is in the folder that --out names; name another folder with --out.");
                }

                foreach (var path in Directory.EnumerateFiles(input, "*", SearchOption.AllDirectories).Where(IsFound).Order(StringComparer.Ordinal))
                {
                    Add(files, path, System.IO.Path.GetRelativePath(input, path));
                }
            }
            else if (File.Exists(input))
            {
                Add(files, input, System.IO.Path.GetFileName(input));
                if (files.Count == before)
                {
                    files.Add(Sniff(input));
                }
            }
            else if (input.AsSpan().ContainsAny('*', '?'))
            {
                foreach (var path in Glob.Find(input).Where(IsFound))
                {
                    Add(files, path, System.IO.Path.GetFileName(path));
                }

                if (files.Count == before)
                {
                    throw new BadInputException($"input: no file of text fits the pattern '{input}'; {Kinds}.");
                }
            }
            else
            {
                throw new BadInputException($"input: '{input}' does not exist; name a folder or file with text.");
            }

            if (files.Count == before)
            {
                throw new BadInputException($"input: '{input}' holds no text; {Kinds}.");
            }
        }

        return files;
    }

    private static string Kinds => $"files ending in {string.Join(", ", s_formats.Select(f => f.Extension))} are read, all of them also with .gz";

    /// <summary>A file whose name says nothing, by its first bytes.</summary>
    private static InputFile Sniff(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[256];
        var compressed = file.ReadAtLeast(head[..2], 2, throwOnEndOfStream: false) == 2 && head is [0x1F, 0x8B, ..];
        file.Position = 0;
        using Stream content = compressed ? new GzipReader(file) : file;
        int read;
        try
        {
            read = content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException)
        {
            read = 0;
        }

        var start = head[..read].TrimStart("\uFEFF \t\r\n"u8);
        var format = start.StartsWith("WARC/"u8) ? InputFormat.Warc
            : start.StartsWith("{"u8) ? InputFormat.JsonLines
            : start.StartsWith("<"u8) ? InputFormat.Html
            : InputFormat.Text;
        var info = new FileInfo(path);
        return new InputFile(path, info.Name, format, compressed, info.Length, info.LastWriteTimeUtc.Ticks);
    }

    private static void Add(List<InputFile> files, string path, string key)
    {
        var compressed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        var name = compressed ? path[..^3] : path;
        foreach (var (extension, format) in s_formats)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                var info = new FileInfo(path);
                if (info.LinkTarget is { } target && info.ResolveLinkTarget(returnFinalTarget: true)?.Exists != true)
                {
                    throw new BadInputException($"input: '{path}' is a link to '{target}', which does not exist; repair or remove it.");
                }

                files.Add(new InputFile(path, key.Replace('\\', '/'), format, compressed, info.Length, info.LastWriteTimeUtc.Ticks));
                return;
            }
        }
    }
}
