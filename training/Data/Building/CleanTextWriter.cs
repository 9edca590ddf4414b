using System.IO.Compression;
using System.Text.Json;

namespace Orchestrator.Training.Data.Building;

/// <summary>Writes cleaned pages as C4 is published: NAME.00000.json.gz and so on, a JSON object (text, timestamp, url) a line.</summary>
/// <param name="folder">Where.</param>
/// <param name="name">For example c4-train.</param>
/// <param name="fileBytes">A file ends with the page that reaches so many bytes, before compression.</param>
internal sealed class CleanTextWriter(string folder, string name, long fileBytes) : IDisposable
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly MemoryStream _line = new();
    private int _files;
    private long _bytes;
    private Stream? _file;

    /// <summary>Appends a page.</summary>
    public void Add(KeptPage page)
    {
        _file ??= new GZipStream(
            new FileStream(Path.Combine(folder, $"{name}.{_files++:D5}.json.gz"), FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18),
            CompressionLevel.Optimal);
        _line.SetLength(0);
        using (var json = new Utf8JsonWriter(_line, s_json))
        {
            json.WriteStartObject();
            json.WriteString("text", string.Join('\n', page.Lines));
            json.WriteString("timestamp", page.Timestamp);
            json.WriteString("url", page.Key);
            json.WriteEndObject();
        }

        _line.WriteByte((byte)'\n');
        _file.Write(_line.GetBuffer().AsSpan(0, (int)_line.Length));
        _bytes += _line.Length;
        if (_bytes >= fileBytes)
        {
            Dispose();
        }
    }

    /// <summary>Ends the last file.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        (_file, _bytes) = (null, 0);
    }
}
