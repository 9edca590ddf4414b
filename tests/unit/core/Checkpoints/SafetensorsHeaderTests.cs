using System.Text;
using Orchestrator.Core.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Core.Checkpoints;

public sealed class SafetensorsHeaderTests
{
    [Fact]
    public void What_is_built_parses_back_in_name_order_with_aligned_data()
    {
        var (header, places) = SafetensorsHeader.Build(
            [("b\"é", TensorType.F32, [2, 3]), ("a", TensorType.BF16, []), ("c", TensorType.I64, [0, 5])], new Dictionary<string, string> { ["format"] = "pt" });

        Assert.Equal(0, header.Length % 64);
        Assert.Equal(["a", "b\"é", "c"], places.Select(place => place.Name));
        Assert.Equal([2, 24, 0], places.Select(place => place.Bytes));
        var (parsed, metadata) = SafetensorsHeader.Parse(header.AsSpan(8), header.Length + 26);
        Assert.Equal(places.Select(Text), parsed.Select(Text));
        Assert.Equal("pt", metadata["format"]);

        static string Text(TensorPlace place) => $"{place.Name} {place.Type} [{string.Join(',', place.Shape)}] {place.Offset} {place.Bytes}";
    }

    [Theory]
    [InlineData("""[]""", "'{'")]
    [InlineData(""" {}""", "'{'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x""", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,7]}}""", "fit")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "fit")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "starts at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "end at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "end at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "fit")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,8]}}""", "fit")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""", "outside")]
    [InlineData("""{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}""", "F99")]
    [InlineData("""{"a":{"dtype":"0","shape":[2],"data_offsets":[0,8]}}""", "dtype")]
    [InlineData("""{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", "String")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "lacks")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", "more")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "repeated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "starts at byte")]
    [InlineData("""{"__metadata__":{"x":1}}""", "String")]
    [InlineData("""{"__metadata__":[[[[[[[[[[]]]]]]]]]]}""", "StartObject")]
    [InlineData("""{"a":null}""", "StartObject")]
    [InlineData("", "'{'")]
    public void A_header_that_breaks_a_rule_is_refused_with_the_rule(string json, string rule)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var thrown = Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Parse(bytes, 8 + bytes.Length + 8));
        Assert.Contains(rule, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_is_refused_or_still_describes_the_file_exactly()
    {
        var (header, places) = SafetensorsHeader.Build([("a", TensorType.F32, [2, 3]), ("b", TensorType.U8, [7])]);
        var bytes = places.Sum(place => place.Bytes);
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var damaged = header[8..];
            for (var hits = random.Next(1, 4); hits > 0; hits--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                var (parsed, _) = SafetensorsHeader.Parse(damaged, header.Length + bytes);
                Assert.Equal(bytes, parsed.Sum(place => place.Bytes));
                Assert.All(parsed, place => Assert.InRange(place.Offset, header.Length, header.Length + bytes - place.Bytes));
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }
}
