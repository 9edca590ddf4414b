using System.Text.Json;
using Orchestrator.Core.Data;
using Xunit;

namespace Orchestrator.Tests.Core.Data;

/// <summary>Against tables that T5's own code made.</summary>
public sealed class SpanLengthsTests
{
    private static readonly JsonElement s_golden = JsonDocument.Parse(File.ReadAllBytes(Repository.Golden("span_corruption/spans.json"))).RootElement;

    [Theory]
    [InlineData(512, 568, 114)]
    [InlineData(256, 284, 58)]
    [InlineData(128, 141, 29)]
    public void T5s_lengths(int inputs, int raw, int targets)
    {
        var lengths = SpanLengths.For(inputs);
        Assert.Equal((raw, inputs, targets), (lengths.Raw, lengths.Inputs, lengths.Targets));
    }

    [Fact]
    public void The_helpers_table_is_met_row_by_row()
    {
        var rows = s_golden.GetProperty("helper_table").EnumerateArray().ToList();
        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            var raw = SpanLengths.Fit(row[0].GetInt32(), row[1].GetDouble(), row[2].GetDouble(), out _, out var targets);
            Assert.Equal((row[3].GetInt32(), row[4].GetInt32()), (raw, targets));
        }
    }

    [Fact]
    public void Noise_and_spans_are_counted_as_the_mask_counts_them()
    {
        var rows = s_golden.GetProperty("counts").EnumerateArray().ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Equal(
            (row[3].GetInt32(), row[4].GetInt32()),
            SpanLengths.Count(row[0].GetInt32(), row[1].GetDouble(), row[2].GetDouble())));
    }

    [Fact]
    public void More_than_a_hundred_sentinels_are_refused()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => SpanLengths.For(2048));
        Assert.Contains("needs 114 sentinels and there are 100", error.Message, StringComparison.Ordinal);
    }
}
