using System.Text;
using System.Text.Json;
using Orchestrator.Core.Data;

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
        using var content = file.Compressed ? new GzipReader(hashed) : (Stream)hashed;
        foreach (var page in ReadFormat(content))
        {
            yield return page;
        }

        Digest = hashed.Complete();
    }

    private IEnumerable<RawPage> ReadFormat(Stream content) => file.Format switch
    {
        InputFormat.Html => [ReadHtml(content)],
        InputFormat.Text => ReadText(content),
        InputFormat.JsonLines => ReadJsonLines(content),
        _ => WarcReader.Read(content, file.Key),
    };

    private RawPage ReadHtml(Stream content)
    {
        try
        {
            return Blocks.ReadAll(content, RawPage.MaxBytes) is { } bytes ? RawPage.Html(file.Key, bytes) : RawPage.Damaged(file.Key, $"{file.Key}: {RawPage.TooLong}");
        }
        catch (InvalidDataException error)
        {
            return RawPage.Damaged(file.Key, $"{file.Key}: {error.Message}");
        }
    }

    private IEnumerable<RawPage> ReadText(Stream content)
    {
        var number = 0;
        foreach (var block in TextBlocks.Read(content))
        {
            if (block.Damage is not null)
            {
                yield return RawPage.Damaged(file.Key, $"{file.Key}: {block.Damage}");
                continue;
            }

            var pages = PlainText.Pages(block.Text, TextPageCharacters);
            foreach (var page in pages)
            {
                number++;
                yield return RawPage.Plain(block.IsAll && pages.Count == 1 ? file.Key : $"{file.Key}#{number}", page);
            }
        }
    }

    private IEnumerable<RawPage> ReadJsonLines(Stream content)
    {
        using var reader = new StreamReader(content, new UTF8Encoding(false, false), detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
        var lines = new LongLines(reader, RawPage.MaxBytes);
        for (var number = 1; ; number++)
        {
            string? line;
            RawPage? broken = null;
            try
            {
                line = lines.Read();
            }
            catch (InvalidDataException error)
            {
                broken = RawPage.Damaged($"{file.Key}:{number}", $"{file.Key}, line {number}: {error.Message}");
                line = "";
            }

            if (broken is not null)
            {
                yield return broken;
            }

            if (line is null)
            {
                yield break;
            }

            if (lines.IsCut)
            {
                yield return RawPage.Damaged($"{file.Key}:{number}", $"{file.Key}, line {number}: {RawPage.TooLong}");
            }
            else if (!string.IsNullOrWhiteSpace(line))
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
            var timestamp = record.RootElement.TryGetProperty("timestamp", out var time) && time.ValueKind == JsonValueKind.String ? time.GetString()! : "";
            return RawPage.Plain(key, text.GetString()!, timestamp);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return RawPage.Damaged(place, $"{file.Key}, line {number}: it is not JSON");
        }
    }
}
