using System.Text;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class CharsetsTests
{
    [Fact]
    public void The_senders_word_comes_first() => Assert.Equal("яблоко", Decode([0xD1, 0xC2, 0xCC, 0xCF, 0xCB, 0xCF], "koi8-r"));

    [Fact]
    public void The_documents_own_word_comes_next() =>
        Assert.Equal("<meta charset=\"windows-1251\">я", Decode([.. Encoding.ASCII.GetBytes("<meta charset=\"windows-1251\">"), 0xFF]));

    [Fact]
    public void An_XML_declaration_counts() =>
        Assert.EndsWith("é", Decode([.. Encoding.ASCII.GetBytes("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"), 0xE9]), StringComparison.Ordinal);

    [Fact]
    public void Latin_1_is_read_as_browsers_read_it() => Assert.Equal("“x”", Decode([0x93, (byte)'x', 0x94], "ISO-8859-1"));

    [Fact]
    public void Without_a_word_valid_UTF_8_is_UTF_8_and_the_rest_windows_1252()
    {
        Assert.Equal("é", Decode([0xC3, 0xA9]));
        Assert.Equal("é!", Decode([0xE9, (byte)'!']));
    }

    [Fact]
    public void A_byte_order_mark_wins()
    {
        Assert.Equal("é", Decode([0xEF, 0xBB, 0xBF, 0xC3, 0xA9], "koi8-r"));
        Assert.Equal("é", Decode([0xFF, 0xFE, 0xE9, 0x00]));
        Assert.Equal("é", Decode([0xFE, 0xFF, 0x00, 0xE9]));
    }

    [Fact]
    public void An_unknown_name_is_passed_over() => Assert.Equal("é", Decode([0xC3, 0xA9], "no-such-set"));

    private static string Decode(byte[] bytes, string? declared = null) => Charsets.Decode(bytes, declared);
}
