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
