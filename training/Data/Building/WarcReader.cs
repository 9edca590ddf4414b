using System.Globalization;
using System.Text;

namespace Orchestrator.Training.Data.Building;

/// <summary>Reads web archives (WARC 1.x, ISO 28500): HTML of <c>response</c> records, text of <c>conversion</c> records (WET).</summary>
internal static class WarcReader
{
    private const int MaxHeaderLine = 1 << 16;

    /// <summary>The pages of an archive. A damaged record becomes a damaged page, and reading goes on at the next "WARC/1" line.</summary>
    public static IEnumerable<RawPage> Read(Stream content, string key)
    {
        var reader = new ByteReader(content);
        var isLost = false;
        for (var number = 1; ; number++)
        {
            RawPage? page;
            bool more;
            try
            {
                (more, page) = (!isLost || reader.Recover(), null);
                more = more && TryRecord(reader, $"{key}:{number}", out page);
                isLost = false;
            }
            catch (InvalidDataException error)
            {
                page = RawPage.Damaged($"{key}:{number}", $"{key}, record {number}: {error.Message}");
                (more, isLost) = (true, true);
            }

            if (page is not null)
            {
                yield return page;
            }

            if (!more)
            {
                yield break;
            }
        }
    }

    private static bool TryRecord(ByteReader reader, string place, out RawPage? page)
    {
        page = null;
        string? line;
        do
        {
            line = reader.Line();
        }
        while (line is { Length: 0 });

        if (line is null)
        {
            return false;
        }

        if (!line.StartsWith("WARC/", StringComparison.Ordinal))
        {
            throw new InvalidDataException("it does not start with 'WARC/'");
        }

        var headers = Headers(reader);
        if (!long.TryParse(headers.GetValueOrDefault("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            throw new InvalidDataException("it has no Content-Length");
        }

        var type = headers.GetValueOrDefault("WARC-Type");
        if (type is not ("response" or "conversion"))
        {
            reader.Skip(length);
            return true;
        }

        var body = reader.Bytes((int)Math.Min(length, RawPage.MaxBytes));
        reader.Skip(length - body.Length);
        var url = headers.GetValueOrDefault("WARC-Target-URI")?.Trim('<', '>') ?? place;
        var date = headers.GetValueOrDefault("WARC-Date") ?? "";
        page = type == "conversion" ? RawPage.Plain(url, Charsets.Decode(body, "utf-8"), date) : Response(url, date, body);
        return page is null || length == body.Length ? true : throw new InvalidDataException(RawPage.TooLong);
    }

    /// <summary>The page of an HTTP response; null where it is not a good one of HTML or text.</summary>
    private static RawPage? Response(string url, string date, byte[] body)
    {
        var reader = new ByteReader(new MemoryStream(body));
        var status = reader.Line();
        if (status is null || !status.StartsWith("HTTP/", StringComparison.Ordinal) || !status.Contains(" 200", StringComparison.Ordinal))
        {
            return null;
        }

        var headers = Headers(reader);
        var type = headers.GetValueOrDefault("Content-Type") ?? "";
        if (!type.StartsWith("text/html", StringComparison.OrdinalIgnoreCase)
            && !type.StartsWith("application/xhtml", StringComparison.OrdinalIgnoreCase)
            && !type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var content = reader.Rest();
        if (headers.GetValueOrDefault("Transfer-Encoding")?.Contains("chunked", StringComparison.OrdinalIgnoreCase) == true)
        {
            content = Unchunk(content);
        }

        if (headers.GetValueOrDefault("Content-Encoding") is { } encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            content = Decompress(content, encoding);
        }

        var mark = type.IndexOf("charset=", StringComparison.OrdinalIgnoreCase);
        var charset = mark < 0 ? null : type[(mark + 8)..].Split(';')[0];
        return type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase)
            ? RawPage.Plain(url, Charsets.Decode(content, charset), date)
            : RawPage.Html(url, content, charset, date);
    }

    private static Dictionary<string, string> Headers(ByteReader reader)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Line() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                headers[line[..colon].Trim()] = line[(colon + 1)..].Trim();
            }
        }

        return headers;
    }

    /// <summary>The body behind HTTP's chunks; as it is where it has none (crawlers often store it already joined).</summary>
    private static byte[] Unchunk(byte[] content)
    {
        using var joined = new MemoryStream();
        var reader = new ByteReader(new MemoryStream(content));
        try
        {
            while (true)
            {
                var size = reader.Line()?.Split(';')[0].Trim();
                if (!int.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var count) || count < 0)
                {
                    return joined.Length == 0 ? content : joined.ToArray();
                }

                if (count == 0)
                {
                    return joined.ToArray();
                }

                joined.Write(reader.Bytes(count));
                reader.Line();
            }
        }
        catch (InvalidDataException)
        {
            return joined.Length == 0 ? content : joined.ToArray();
        }
    }

    private static byte[] Decompress(byte[] content, string encoding)
    {
        using var source = new MemoryStream(content);
        using Stream? stream = encoding.Trim().ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new System.IO.Compression.GZipStream(source, System.IO.Compression.CompressionMode.Decompress),
            "deflate" => new System.IO.Compression.ZLibStream(source, System.IO.Compression.CompressionMode.Decompress),
            "br" => new System.IO.Compression.BrotliStream(source, System.IO.Compression.CompressionMode.Decompress),
            _ => null,
        };
        if (stream is null)
        {
            return content;
        }

        byte[]? plain;
        try
        {
            plain = Blocks.ReadAll(stream, RawPage.MaxBytes);
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException)
        {
            // Crawlers often store the body decoded and keep the header.
            return content;
        }

        return plain ?? throw new InvalidDataException(RawPage.TooLong);
    }

    /// <summary>Lines and blocks of bytes from a stream.</summary>
    private sealed class ByteReader(Stream stream)
    {
        private readonly byte[] _buffer = new byte[1 << 16];
        private int _start;
        private int _end;

        /// <summary>A line without its end, or null at the end of the stream.</summary>
        public string? Line()
        {
            var line = new List<byte>();
            while (Fill())
            {
                var span = _buffer.AsSpan(_start, _end - _start);
                var end = span.IndexOf((byte)'\n');
                line.AddRange(end < 0 ? span : span[..end]);
                _start += end < 0 ? span.Length : end + 1;
                if (end >= 0 || line.Count > MaxHeaderLine)
                {
                    break;
                }

                if (!Fill())
                {
                    break;
                }
            }

            if (line.Count == 0 && _start == _end && !Fill())
            {
                return null;
            }

            var bytes = line.Count > 0 && line[^1] == '\r' ? line[..^1] : line;
            return Encoding.UTF8.GetString([.. bytes]);
        }

        /// <summary>Exactly so many bytes.</summary>
        /// <exception cref="InvalidDataException">The stream ends before.</exception>
        public byte[] Bytes(int count)
        {
            // Grows as bytes come: a header may promise more than there is.
            using var block = new MemoryStream(Math.Min(count, 1 << 20));
            Copy(count, block);
            return block.ToArray();
        }

        /// <summary>Leaves out so many bytes.</summary>
        /// <exception cref="InvalidDataException">The stream ends before.</exception>
        public void Skip(long count) => Copy(count, Stream.Null);

        /// <summary>Everything that is left.</summary>
        public byte[] Rest()
        {
            using var block = new MemoryStream();
            while (Fill())
            {
                block.Write(_buffer, _start, _end - _start);
                _start = _end;
            }

            return block.ToArray();
        }

        /// <summary>Goes on to the next line that starts a record; false where there is none.</summary>
        /// <exception cref="InvalidDataException">The stream is damaged once more.</exception>
        public bool Recover()
        {
            while (true)
            {
                while (Fill() && _buffer[_start] != (byte)'W')
                {
                    var span = _buffer.AsSpan(_start, _end - _start);
                    var end = span.IndexOf((byte)'\n');
                    _start += end < 0 ? span.Length : end + 1;
                }

                if (!Fill())
                {
                    return false;
                }

                if (_end - _start < 7)
                {
                    Compact();
                }

                if (_buffer.AsSpan(_start, _end - _start).StartsWith("WARC/1."u8))
                {
                    return true;
                }

                Line();
            }
        }

        private void Copy(long count, Stream to)
        {
            while (count > 0)
            {
                if (!Fill())
                {
                    throw new InvalidDataException("the file ends inside it");
                }

                var step = (int)Math.Min(count, _end - _start);
                to.Write(_buffer, _start, step);
                _start += step;
                count -= step;
            }
        }

        private void Compact()
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            while (_end < 7)
            {
                var read = stream.Read(_buffer, _end, _buffer.Length - _end);
                if (read == 0)
                {
                    return;
                }

                _end += read;
            }
        }

        private bool Fill()
        {
            if (_start < _end)
            {
                return true;
            }

            (_start, _end) = (0, 0);
            _end = stream.Read(_buffer, 0, _buffer.Length);
            return _end > 0;
        }
    }
}
