using System.Text;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class TextBlocksTests
{
    // U+0A00 and U+0A0A have a line end's byte in them; the last is two halves in UTF-16.
    private const string Odd = "\u0A05\u0A0Aé\u200A😀";

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Blocks_end_where_a_line_ends_whatever_the_character_set(string charset)
    {
        var lines = Enumerable.Range(0, 300).Select(n => $"{string.Concat(Enumerable.Repeat(Odd, n % 7))}{n}\n").ToArray();

        var blocks = Read(string.Concat(lines), charset, blockBytes: 256);

        Assert.Equal(string.Concat(lines), string.Concat(blocks.Select(block => block.Text)));
        Assert.InRange(blocks.Count, 30, 300);
        Assert.All(blocks, block => Assert.EndsWith("\n", block.Text, StringComparison.Ordinal));
        Assert.All(blocks, block => Assert.False(block.IsAll));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void A_line_that_is_longer_than_a_block_is_cut_between_characters(string charset)
    {
        for (var shift = 0; shift < 8; shift++)
        {
            var line = new string('x', shift) + string.Concat(Enumerable.Repeat(Odd, 100));

            var blocks = Read(line, charset, blockBytes: 64);

            Assert.Equal(line, string.Concat(blocks.Select(block => block.Text)));
            Assert.InRange(blocks.Count, 10, 100);
        }
    }

    [Fact]
    public void A_text_that_fits_is_one_block() => Assert.Equal([new TextBlocks("One.\nTwo.", true, null)], Read("One.\nTwo.", "utf-16", blockBytes: 64));

    private static List<TextBlocks> Read(string text, string charset, int blockBytes)
    {
        var encoding = Encoding.GetEncoding(charset);
        using var content = new MemoryStream([.. encoding.GetPreamble(), .. encoding.GetBytes(text)]);
        return [.. TextBlocks.Read(content, blockBytes)];
    }
}
