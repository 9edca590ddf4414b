using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Local;
using Orchestrator.Core.Knowledge.Studies;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Studies;

/// <summary>The folder of a study: its stages, its results, and the state of a coordinator of its own.</summary>
/// <param name="Root">The folder, absolute.</param>
internal sealed record StudyFolder(string Root)
{
    private const string RecordFile = "stage.json", SpecFile = "run.yaml";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        WriteIndented = true,
    };

    /// <summary>The folder at a path as the user gave it.</summary>
    public static StudyFolder At(string path) => new(NamedPaths.Full("DIR", path));

    /// <summary>Where the processes keep their state and logs.</summary>
    public RunFolder Processes => new(Root);

    /// <summary>Where a report is written.</summary>
    public string Report => Path.Combine(Root, "report");

    /// <summary>A result a cell.</summary>
    public string Results => Path.Combine(Root, "results");

    /// <summary>A copy of the plan.</summary>
    public string Plan => Path.Combine(Root, "plan.yaml");

    /// <summary>What a stage writes.</summary>
    public string Of(StudyStage stage) => Path.Combine(Root, "stages", stage.Name);

    /// <summary>What a stage's process says.</summary>
    public string Log(StudyStage stage) => Processes.Log(stage.Name);

    /// <summary>A cell's result.</summary>
    public string Result(StudyCell cell) => Path.Combine(Results, cell.Name + ".json");

    /// <summary>What became of a stage, or null where it has not ended well.</summary>
    public StageRecord? Record(StudyStage stage)
    {
        var path = Path.Combine(Of(stage), RecordFile);
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<StageRecord>(File.ReadAllText(path), s_json) is { } record && record.Digest == stage.Digest ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Says that a stage has ended well.</summary>
    public void Write(StudyStage stage, StageRecord record) => WriteWhole(Path.Combine(Of(stage), RecordFile), JsonSerializer.Serialize(record, s_json) + "\n");

    /// <summary>Keeps the spec of a stage that is a run beside what it writes.</summary>
    public void Write(StudyStage stage, RunSpec spec) => WriteWhole(Path.Combine(Of(stage), SpecFile), SpecWriter.Write(spec));

    /// <summary>The spec of a run, or null where a stage is none or has left none.</summary>
    public string? Spec(StageRecord stage)
    {
        var path = Path.Combine(Root, "stages", StudyStage.NameOf(stage.Kind, stage.Digest), SpecFile);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    /// <summary>Writes a file under its name only once it is whole.</summary>
    public static void WriteWhole(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".part", text);
        File.Move(path + ".part", path, overwrite: true);
    }
}
