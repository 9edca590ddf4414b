using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class PageReaderTests
{
    [Fact]
    public void JSON_lines_give_their_text_under_their_URL_and_damaged_ones_are_located()
    {
        var pages = Read("c4.jsonl", """
            {"text":"Äpfel.","timestamp":"2019-04-25T12:57:54Z","url":"http://example.org/a"}

            {"text": 5}
            {"text":"No URL."}
            {"text":"bro
            [1]
            {"text":"Last.","url":"http://example.org/b"}
            """);

        Assert.Equal(["http://example.org/a", "c4.jsonl:3", "c4.jsonl:4", "c4.jsonl:5", "c4.jsonl:6", "http://example.org/b"], pages.Select(page => page.Key));
        Assert.Equal(["Äpfel.", null, "No URL.", null, null, "Last."], pages.Select(page => page.Text));
        Assert.Equal("c4.jsonl, line 5: it is not JSON", pages[3].Damage);
        Assert.Equal("c4.jsonl, line 3: there is no \"text\"", pages[1].Damage);
    }

    [Fact]
    public void A_line_or_a_file_beyond_all_measure_is_damage()
    {
        var text = new string('x', RawPage.MaxBytes);
        var pages = Read("a.jsonl", $"{{\"text\":\"{text}\"}}\n{{\"text\":\"Two.\"}}\r\n");
        Assert.Equal(["a.jsonl, line 1: it has more than 8 MB", null], pages.Select(page => page.Damage));
        Assert.Equal("Two.", pages[1].Text);

        Assert.Equal("a.html: it has more than 8 MB", Assert.Single(Read("a.html", $"<p>{text}")).Damage);
    }

    [Theory]
    [InlineData("<p>x", HtmlShape.MaxElements, null)]
    [InlineData("<p>x", HtmlShape.MaxElements + 1, "it has more than two hundred thousand elements")]
    [InlineData("<DIV class=a>x", HtmlShape.MaxDepth, null)]
    [InlineData("<DIV class=a>x", HtmlShape.MaxDepth + 1, "its elements are nested more than ten thousand deep")]
    [InlineData("<div>x</div >", HtmlShape.MaxDepth + 1, null)]
    [InlineData("<path d='M1'/>", HtmlShape.MaxDepth + 1, null)]
    [InlineData("</b><li>x<br>if (i<n) 1 < 2", HtmlShape.MaxDepth + 1, null)]
    public void A_page_of_a_shape_that_no_page_has_is_damage(string part, int times, string? damage)
    {
        var said = Assert.Single(Read("a.html", string.Concat(Enumerable.Repeat(part, times)))).Damage;
        Assert.Equal(damage is null ? null : $"a.html: {damage}", said);
    }

    [Fact]
    public void Gzip_is_read_over_all_its_members_and_a_damaged_end_is_located()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = [.. Zip("{\"text\":\"One.\"}\n"), .. Zip("{\"text\":\"Two.\"}\n")];
        File.WriteAllBytes(folder["a.json.gz"], whole);
        Assert.Equal(["One.", "Two."], Pages(folder["a.json.gz"]).Select(page => page.Text));

        whole[^12] ^= 0xFF;
        File.WriteAllBytes(folder["b.json.gz"], whole);
        var pages = Pages(folder["b.json.gz"]);
        Assert.Contains(pages, page => page.Damage is not null);
    }

    [Fact]
    public void The_digest_is_that_of_the_file()
    {
        using var folder = new TemporaryFolder();
        var bytes = Zip("{\"text\":\"One.\"}\n");
        File.WriteAllBytes(folder["a.json.gz"], bytes);
        var reader = new PageReader(InputFiles.Find([folder["a.json.gz"]])[0]);
        Assert.Single(reader.Read());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), reader.Digest);
    }

    [Fact]
    public void A_wrapped_text_is_unwrapped_and_a_long_one_is_cut_between_paragraphs()
    {
        var wrapped = "This paragraph was wrapped at a width of fifty or so\ncharacters and goes on over a second line, and it is\nended on the third.\n\nHere is the next paragraph, which is wrapped as well\nand ends here.\n";
        Assert.Equal(
            "This paragraph was wrapped at a width of fifty or so characters and goes on over a second line, and it is ended on the third.\nHere is the next paragraph, which is wrapped as well and ends here.",
            Assert.Single(Read("book.txt", wrapped)).Text);

        var line = new string('x', 150) + ".\n";
        var pages = Read("long.txt", string.Concat(Enumerable.Repeat(line, 1000)));
        Assert.Equal(["long.txt#1", "long.txt#2", "long.txt#3", "long.txt#4"], pages.Select(page => page.Key));
        Assert.Equal(string.Concat(Enumerable.Repeat(line, 1000)), string.Concat(pages.Select(page => page.Text + "\n")));
    }

    [Fact]
    public void Files_of_a_folder_come_in_the_order_of_their_paths()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["b"]);
        foreach (var name in new[] { "c.txt", "b/x.html", "a.jsonl.gz", "ignored.png", "B.md" })
        {
            File.WriteAllText(folder[name], "x");
        }

        Assert.Equal(["B.md", "a.jsonl.gz", "b/x.html", "c.txt"], InputFiles.Find([folder.Path]).Select(file => file.Key));
        Assert.Equal(["c.txt"], InputFiles.Find([folder["*.txt"]]).Select(file => file.Key));
    }

    [Fact]
    public void An_input_that_is_not_there_or_holds_no_text_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("'/no/such/folder' does not exist", Assert.Throws<BadInputException>(() => InputFiles.Find(["/no/such/folder"])).Message, StringComparison.Ordinal);
        Assert.Contains("holds no text", Assert.Throws<BadInputException>(() => InputFiles.Find([folder.Path])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_reach_over_folders()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a.txt", "x/b.txt", "x/y/c.txt", "x/y/d.md", "z/e.txt" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.WriteAllText(folder[name], "x");
        }

        Assert.Equal(["a.txt", "b.txt", "c.txt", "e.txt"], InputFiles.Find([folder["**/*.txt"]]).Select(file => file.Key));
        Assert.Equal(["b.txt"], InputFiles.Find([folder["?/b*.txt"]]).Select(file => file.Key));
        Assert.Equal(["b.txt", "c.txt", "d.md"], InputFiles.Find([folder["x/**"]]).Select(file => file.Key));
        Assert.Contains("no file of text fits", Assert.Throws<BadInputException>(() => InputFiles.Find([folder["*.warc"]])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"text\":\"x\"}", InputFormat.JsonLines)]
    [InlineData("WARC/1.0\r\n", InputFormat.Warc)]
    [InlineData("\n <!doctype html>", InputFormat.Html)]
    [InlineData("Plain words.", InputFormat.Text)]
    public void A_named_file_of_any_ending_tells_its_kind_itself(string content, object format)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["plain.dat"], content);
        File.WriteAllBytes(folder["zipped.dat"], Zip(content));
        Assert.All(InputFiles.Find([folder["plain.dat"], folder["zipped.dat"]]), file => Assert.Equal(format, file.Format));
        Assert.Equal([false, true], InputFiles.Find([folder["plain.dat"], folder["zipped.dat"]]).Select(file => file.Compressed));
    }

    [Fact]
    public void A_large_text_is_read_in_blocks_without_a_break()
    {
        using var folder = new TemporaryFolder();
        var lines = Enumerable.Range(0, 250_000).Select(i => $"This is line {i} of a text that is larger than one block of sixteen megabytes, and it is not wrapped at all.").ToList();
        File.WriteAllLines(folder["large.txt"], lines);

        var pages = Pages(folder["large.txt"]);

        Assert.Equal(lines, pages.SelectMany(page => page.Text!.Split('\n')));
        Assert.Equal(pages.Count, pages.Select(page => page.Key).Distinct().Count());
    }

    [Fact]
    public void A_damaged_member_of_a_web_archive_costs_its_own_record_alone()
    {
        static string Record(int i)
        {
            var text = string.Concat(Enumerable.Range(0, 40).Select(k => $"Page {i} has a line {k * k}.\n"));
            return $"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://a.org/{i}\r\nWARC-Date: 2020-01-0{i + 1}T00:00:00Z\r\nContent-Length: {text.Length}\r\n\r\n{text}\r\n\r\n";
        }

        using var folder = new TemporaryFolder();
        var members = Enumerable.Range(0, 5).Select(i => Zip(Record(i))).ToList();
        members[2].AsSpan(members[2].Length / 2, 20).Fill(0xFF);
        File.WriteAllBytes(folder["a.warc.wet.gz"], [.. members.SelectMany(member => member)]);

        var pages = Pages(folder["a.warc.wet.gz"]);

        Assert.Equal(["http://a.org/0", "http://a.org/1", "http://a.org/3", "http://a.org/4"], pages.Where(page => page.Damage is null).Select(page => page.Key));
        Assert.Equal("2020-01-04T00:00:00Z", pages.Single(page => page.Key == "http://a.org/3").Timestamp);
        Assert.Equal($"a.warc.wet.gz, record 3: the gzip member at byte {members[0].Length + members[1].Length} is damaged", Assert.Single(pages, page => page.Damage is not null).Damage);
    }

    internal static byte[] Zip(string text)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return zipped.ToArray();
    }

    private static List<RawPage> Read(string name, string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[name], content);
        return Pages(folder[name]);
    }

    private static List<RawPage> Pages(string path) => [.. new PageReader(InputFiles.Find([path])[0]).Read()];
}
