using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Wire;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class ProtocolTests
{
    [Theory]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("100%", "100%25")]
    [InlineData("a\tb\n", "a%09b%0A")]
    [InlineData("ö ☺ 😈", "%C3%B6 %E2%98%BA %F0%9F%98%88")]
    public void A_status_message_is_escaped_and_back(string text, string escaped)
    {
        Assert.Equal(escaped, Protocol.PercentEncode(text));
        Assert.Equal(text, Protocol.PercentDecode(escaped));
    }

    [Theory]
    [InlineData("50% off")]
    [InlineData("%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    public void A_broken_escape_is_kept(string text) => Assert.Equal(text, Protocol.PercentDecode(text));

    [Fact]
    public void Any_text_survives_escaping() => Prop.ForAll<string?>(text =>
    {
        var whole = new string((text ?? "").Where(c => !char.IsSurrogate(c)).ToArray());
        return Protocol.PercentDecode(Protocol.PercentEncode(whole)) == whole;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("1n", 1)]
    [InlineData("5u", 50)]
    [InlineData("7m", 70_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("1H", 36_000_000_000)]
    public void A_timeout_is_read_in_its_unit(string text, long ticks)
    {
        Assert.True(Protocol.TryDecodeTimeout(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData(1, "1m")]
    [InlineData(10_001, "2m")]
    [InlineData(50_000_000, "5000m")]
    [InlineData(1_000_000_000_000L, "100000S")]
    [InlineData(long.MaxValue, "99999999H")]
    public void A_timeout_is_written_in_at_most_eight_digits(long ticks, string expected)
    {
        var limited = ticks == long.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromTicks(ticks);
        Assert.True(Protocol.EncodeTimeout(limited).Length <= 9);
        if (ticks < long.MaxValue)
        {
            Assert.Equal(expected, Protocol.EncodeTimeout(limited));
        }
    }

    [Theory]
    [InlineData("key", "bin")]
    [InlineData("a b", "v")]
    [InlineData("ä", "v")]
    public void Metadata_takes_only_sound_keys(string key, string value)
    {
        if (value == "bin")
        {
            Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, [1]));
            Assert.Throws<ArgumentException>(() => new Metadata.Entry(key + "-bin", "text"));
        }
        else
        {
            Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, value));
        }
    }

    [Fact]
    public void Metadata_finds_the_last_entry_of_a_key_whatever_its_case()
    {
        var metadata = new Metadata { { "Key", "first" }, { "key", "last" }, { "other-bin", [1, 2] } };

        Assert.Equal("last", metadata.GetValue("KEY"));
        Assert.Equal(["first", "last"], metadata.GetAll("key").Select(entry => entry.Value));
        Assert.Equal([1, 2], metadata.GetValueBytes("other-bin"));
        Assert.Null(metadata.Get("absent"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("key", "value"));
        Assert.Throws<InvalidOperationException>(() => metadata.Get("other-bin")!.Value);
    }

    [Theory]
    [InlineData("AQI")]
    [InlineData("AQI=")]
    public void Binary_metadata_is_read_with_and_without_padding(string text) => Assert.Equal([1, 2], Protocol.FromBase64(text));
}
