using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Training.Data.Building;

/// <summary>Reads the pages of one file, and the digest of the file's bytes on the way. Damaged records become damaged pages.</summary>
internal sealed class PageReader(InputFile file)
{
    /// <summary>Text files are cut into pages of about so many characters: a book is more than one page.</summary>
    private const int TextPageCharacters = 50_000;

    /// <summary>SHA-256 of the file, lower-case hexadecimal; known once every page has been read.</summary>
    public string? Digest { get; private set; }

    /// <summary>The pages, in the file's order.</summary>
    public IEnumerable<RawPage> Read()
    {
        using var hashed = new HashingStream(
            new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan));
        var content = file.Compressed ? new GZipStream(hashed, CompressionMode.Decompress, leaveOpen: true) : (Stream)hashed;
        foreach (var page in ReadFormat(content))
        {
            yield return page;
        }

        Digest = hashed.Complete();
        content.Dispose();
    }

    private IEnumerable<RawPage> ReadFormat(Stream content) => file.Format switch
    {
        InputFormat.Html => ReadHtml(content),
        InputFormat.Text => ReadText(content),
        InputFormat.JsonLines => ReadJsonLines(content),
        _ => WarcReader.Read(content, file.Key),
    };

    private IEnumerable<RawPage> ReadHtml(Stream content)
    {
        if (!TryReadAll(content, out var bytes, out var damage))
        {
            yield return RawPage.Damaged(file.Key, damage);
            yield break;
        }

        yield return RawPage.Html(file.Key, bytes);
    }

    private IEnumerable<RawPage> ReadText(Stream content)
    {
        if (!TryReadAll(content, out var bytes, out var damage))
        {
            yield return RawPage.Damaged(file.Key, damage);
            yield break;
        }

        var pages = PlainText.Pages(Charsets.Decode(bytes, declared: null), TextPageCharacters);
        for (var i = 0; i < pages.Count; i++)
        {
            yield return RawPage.Plain(pages.Count == 1 ? file.Key : $"{file.Key}#{i + 1}", pages[i]);
        }
    }

    private IEnumerable<RawPage> ReadJsonLines(Stream content)
    {
        using var reader = new StreamReader(content, new UTF8Encoding(false, false), detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
        for (var number = 1; ; number++)
        {
            string? line;
            RawPage? broken = null;
            try
            {
                line = reader.ReadLine();
            }
            catch (InvalidDataException error)
            {
                broken = RawPage.Damaged($"{file.Key}:{number}", $"{file.Key}, line {number}: {error.Message}");
                line = null;
            }

            if (broken is not null)
            {
                yield return broken;
            }

            if (line is null)
            {
                yield break;
            }

            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Record(line, number);
            }
        }
    }

    private RawPage Record(string line, int number)
    {
        var place = $"{file.Key}:{number}";
        try
        {
            using var record = JsonDocument.Parse(line);
            if (record.RootElement.ValueKind != JsonValueKind.Object
                || !record.RootElement.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String)
            {
                return RawPage.Damaged(place, $"{file.Key}, line {number}: there is no \"text\"");
            }

            var key = record.RootElement.TryGetProperty("url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString()! : place;
            return RawPage.Plain(key, text.GetString()!);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return RawPage.Damaged(place, $"{file.Key}, line {number}: it is not JSON");
        }
    }

    private bool TryReadAll(Stream content, out byte[] bytes, out string damage)
    {
        using var buffer = new MemoryStream();
        try
        {
            content.CopyTo(buffer);
            (bytes, damage) = (buffer.ToArray(), "");
            return true;
        }
        catch (InvalidDataException error)
        {
            (bytes, damage) = ([], $"{file.Key}: {error.Message}");
            return false;
        }
    }
}
