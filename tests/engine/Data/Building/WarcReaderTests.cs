using System.IO.Compression;
using System.Text;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class WarcReaderTests
{
    [Fact]
    public void Responses_of_HTML_and_conversions_of_text_are_pages()
    {
        var pages = Read(
            Record("warcinfo", "", "software: x\r\n") +
            Record("response", "http://a.example/", "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello.") +
            Record("request", "http://a.example/", "GET / HTTP/1.1\r\n\r\n") +
            Record("response", "http://b.example/", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<p>No.") +
            Record("response", "http://c.example/", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nxx") +
            Record("conversion", "http://d.example/", "Plain text.\nTwo lines."));

        Assert.Equal(["http://a.example/", "http://d.example/"], pages.Select(page => page.Key));
        Assert.Equal("<p>Hello.", Encoding.UTF8.GetString(pages[0].Content!));
        Assert.Equal("utf-8", pages[0].Charset);
        Assert.Equal("Plain text.\nTwo lines.", pages[1].Text);
    }

    [Fact]
    public void Chunks_are_joined()
    {
        var page = Assert.Single(Read(Record(
            "response", "u", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n5\r\n<p>He\r\n4;x=y\r\nllo.\r\n0\r\n\r\n")));
        Assert.Equal("<p>Hello.", Encoding.UTF8.GetString(page.Content!));
    }

    [Fact]
    public void A_damaged_record_is_located_and_the_next_is_read()
    {
        var pages = Read(
            Record("conversion", "u1", "One.") + "garbage that starts no record\r\nWarming up\r\n" +
            Record("conversion", "u2", "Two.") + Record("conversion", "u3", "Three.")[..^8]);

        Assert.Equal(["One.", null, "Two.", null], pages.Select(page => page.Text));
        Assert.Equal("x.warc, record 2: it does not start with 'WARC/'", pages[1].Damage);
        Assert.Contains("the file ends inside it", pages[3].Damage, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_beyond_all_measure_is_damage_however_it_was_packed_and_other_content_of_that_size_is_none()
    {
        var zeros = new string('0', RawPage.MaxBytes);
        var pages = Read(
            Record("conversion", "u1", zeros + "1") + Record("conversion", "u2", "Two.") +
            Record("response", "u3", $"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{zeros}") +
            Record("response", "u4", $"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n{zeros}") + Record("conversion", "u5", "Five."));
        Assert.Equal([null, "Two.", null, "Five."], pages.Select(page => page.Text));
        Assert.Equal(["x.warc, record 1: it has more than 8 MB", "x.warc, record 3: it has more than 8 MB"], pages.Select(page => page.Damage).OfType<string>());

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.ASCII.GetBytes(zeros + "1"));
        }

        var head = $"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {packed.Length + 68}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n";
        using var content = new MemoryStream([.. Encoding.ASCII.GetBytes(head), .. packed.ToArray(), .. "\r\n\r\n"u8, .. Encoding.ASCII.GetBytes(Record("conversion", "u2", "Two."))]);
        Assert.Equal(["x.warc, record 1: it has more than 8 MB", null], WarcReader.Read(content, "x.warc").Select(page => page.Damage));
    }

    [Fact]
    public void A_page_of_more_elements_than_any_has_is_damage_and_the_next_record_is_read()
    {
        var elements = string.Concat(Enumerable.Repeat("<p>", HtmlShape.MaxElements + 1));
        var pages = Read(Record("response", "u1", $"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{elements}") + Record("conversion", "u2", "Two."));
        Assert.Equal(["x.warc, record 1: it has more than two hundred thousand elements", null], pages.Select(page => page.Damage));
        Assert.Equal("Two.", pages[1].Text);
    }

    [Fact]
    public void A_real_archive_is_read()
    {
        using var file = File.OpenRead(TestFiles.SharedData("warc/sample-0000.warc.gz"));
        using var content = new GZipStream(file, CompressionMode.Decompress);
        var pages = WarcReader.Read(content, "sample").ToList();
        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.Null(page.Damage));
        Assert.Contains(pages, page => MainText.Of(Charsets.Decode(page.Content, page.Charset)).Length > 200);
    }

    private static string Record(string type, string url, string body) =>
        $"WARC/1.0\r\nWARC-Type: {type}\r\nWARC-Target-URI: {url}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}\r\n\r\n";

    private static List<RawPage> Read(string archive)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(archive));
        return [.. WarcReader.Read(content, "x.warc")];
    }
}
