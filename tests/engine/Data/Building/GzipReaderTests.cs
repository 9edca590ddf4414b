using System.Text;
using Orchestrator.Core.Data;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class GzipReaderTests
{
    private static readonly string[] s_texts = [.. Enumerable.Range(0, 40).Select(i => string.Concat(Enumerable.Range(0, 50 * (i + 1)).Select(k => $"text {i} line {k * k}\n")))];

    [Fact]
    public void Members_are_read_end_to_end()
    {
        var (text, damages) = Read([.. s_texts.SelectMany(PageReaderTests.Zip)]);
        Assert.Equal(string.Concat(s_texts), text);
        Assert.Empty(damages);
        Assert.Equal("", Read([]).Text);
        Assert.Empty(Read([]).Damages);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(39)]
    public void A_damaged_member_gives_nothing_is_located_and_the_others_are_read(int broken)
    {
        var members = s_texts.Select(PageReaderTests.Zip).ToList();
        for (var i = members[broken].Length / 2; i < members[broken].Length - 8; i++)
        {
            members[broken][i] ^= 0x5A;
        }

        var (text, damages) = Read([.. members.SelectMany(member => member)]);

        Assert.Equal(string.Concat(s_texts.Where((_, i) => i != broken)), text);
        Assert.Equal($"the gzip member at byte {members.Take(broken).Sum(member => member.Length)} is damaged", Assert.Single(damages));
    }

    [Fact]
    public void A_wrong_checksum_is_damage()
    {
        var members = s_texts.Take(3).Select(PageReaderTests.Zip).ToList();
        members[1][^6] ^= 1;
        var (text, damages) = Read([.. members.SelectMany(member => member)]);
        Assert.Equal(s_texts[0] + s_texts[2], text);
        Assert.Single(damages);
    }

    [Fact]
    public void A_file_that_ends_too_early_is_damaged()
    {
        byte[] whole = [.. s_texts.SelectMany(PageReaderTests.Zip)];
        foreach (var cut in new[] { 1, 9, 500 })
        {
            var (text, damages) = Read(whole[..^cut]);
            Assert.StartsWith(text, string.Concat(s_texts), StringComparison.Ordinal);
            Assert.Contains("ends before it is complete", Assert.Single(damages), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_that_is_not_gzip_is_damaged() => Assert.Equal("it is not gzip, as its name says", Assert.Single(Read("plain text"u8.ToArray()).Damages));

    [Fact]
    public void A_member_larger_than_what_is_held_back_is_read()
    {
        var text = string.Concat(Enumerable.Range(0, 700_000).Select(i => $"line {i * 7919L}\n"));
        var read = Read(PageReaderTests.Zip(text));
        Assert.Equal(text, read.Text);
        Assert.Empty(read.Damages);
    }

    private static (string Text, List<string> Damages) Read(byte[] file)
    {
        using var source = new MemoryStream(file);
        using var reader = new GzipReader(source);
        using var text = new MemoryStream();
        var damages = new List<string>();
        var buffer = new byte[10_000];
        while (true)
        {
            try
            {
                var read = reader.Read(buffer);
                if (read == 0)
                {
                    return (Encoding.UTF8.GetString(text.ToArray()), damages);
                }

                text.Write(buffer, 0, read);
            }
            catch (InvalidDataException error)
            {
                damages.Add(error.Message);
            }
        }
    }
}
