using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Tests.Training.Knowledge.Probing;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Model;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class BiosProbeJobTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        using var model = LanguageModels.Create(ProbeData.Shape("gpt"));
        model.Initialise(5);
        await File.WriteAllBytesAsync(_folder["spiece.model"], ProbeData.Vocabulary);
        using var writer = new CheckpointWriter(_folder["checkpoints"], new CheckpointOptions(), TimeProvider.System);
        await writer.Save(new CheckpointContent
        {
            Step = 7,
            Cursor = new CheckpointCursor(0, 0),
            SpecDigest = "spec",
            Shape = model.Shape,
            Model = model.Parameters.WeightViews,
            Optimizer = [],
            Vocabulary = _folder["spiece.model"],
        });
        ProbeData.Write(_folder["bios"]);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(BioProbeKind.Position, 6)]
    [InlineData(BioProbeKind.Question, 1)]
    public void A_probe_tells_percentages_by_position_and_attribute(BioProbeKind kind, int positions)
    {
        var events = Run(Request(kind));

        var probe = Assert.Single(events, happened => happened.GetProperty("event").GetString() == "probe");
        Assert.Equal(kind.ToString().ToLowerInvariant(), probe.GetProperty("kind").GetString());
        var result = probe.Deserialize<BioProbeResult>(JobEvents.Json)!;
        Assert.Equal((120, 120, 3), (result.PeopleTrained, result.PeopleTested, result.Steps));
        Assert.Equal(positions, result.First.Count);
        Assert.All(result.First.SelectMany(row => row), value => Assert.InRange(value, 0, 100));
        Assert.All(result.First, row => Assert.Equal(6, row.Count));
        Assert.Equal(positions, result.Whole.Count);
        Assert.All(result.Whole, row => Assert.Equal([true, false, false, false, false, false], row.Select(value => value is null)));
        Assert.Equal(7, events[^1].GetProperty("step").GetInt64());
    }

    [Fact]
    public void Data_that_lie_about_a_place_are_refused_with_the_line()
    {
        var path = _folder[$"bios/{BioFiles.Biographies}"];
        var lines = File.ReadAllLines(path);
        lines[4] = lines[4].Replace("\"text\":\"", "\"text\":\"Once ", StringComparison.Ordinal);
        File.WriteAllLines(path, lines);

        var error = Assert.Throws<BadInputException>(() => Run(Request(BioProbeKind.Position)));

        Assert.Contains($"{BioFiles.Biographies}:5: places.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_without_people_to_test_on_are_refused()
    {
        var path = _folder[$"bios/{BioFiles.People}"];
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"trained\":false", "\"trained\":true", StringComparison.Ordinal));

        Assert.Contains("0 of others", Assert.Throws<BadInputException>(() => Run(Request(BioProbeKind.Question))).Message, StringComparison.Ordinal);
    }

    private static List<JsonElement> Run(BiosProbeRequest request)
    {
        using var output = new StringWriter();
        Assert.Equal(0, new BiosProbeJob(TimeProvider.System).Run(JsonSerializer.SerializeToElement(request, JobEvents.Json), new JobEvents(output), CancellationToken.None));
        return [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())];
    }

    private BiosProbeRequest Request(BioProbeKind kind) => new()
    {
        Checkpoint = _folder["checkpoints"],
        Data = _folder["bios"],
        Kind = kind,
        Steps = 3,
        Batch = 20,
    };
}
