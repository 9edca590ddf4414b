using System.Text.Json;
using Orchestrator.Cli.Commands;
using Xunit;

namespace Orchestrator.Tests.Cli.Commands;

public sealed class BiosProbeCommandTests
{
    [Fact]
    public void Accuracies_are_two_tables_with_a_line_a_position_and_a_column_an_attribute()
    {
        using var probe = JsonDocument.Parse("""
            {"event":"probe","kind":"position","first":[[1,2,3,4,5,6],[99.96,0,0,0,0,0]],"whole":[[null,2,3,4,5,6],[null,0,0,0,0,12.34]],
             "people_trained":250,"people_tested":250,"steps":400}
            """);

        string[] lines = [.. BiosProbeCommand.Text(probe.RootElement)!.Split('\n').Select(line => line.TrimEnd())];

        Assert.Equal("first token     birth_date   birth_city   university        major     employer company_city", lines[0]);
        Assert.Equal("position 0             1.0          2.0          3.0          4.0          5.0          6.0", lines[1]);
        Assert.Equal("position 1           100.0          0.0          0.0          0.0          0.0          0.0", lines[2]);
        Assert.StartsWith("whole value", lines[4], StringComparison.Ordinal);
        Assert.Equal("position 1               -          0.0          0.0          0.0          0.0         12.3", lines[6]);
        Assert.Equal("Percent of 250 people that were not among the 250 trained on, after 400 steps.", lines[^1]);
    }
}
