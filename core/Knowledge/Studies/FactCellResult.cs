using System.Text.Json.Serialization;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>The result of a cell of a study of facts: a file of its <c>results</c> folder.</summary>
public sealed record FactCellResult : IStudyResult
{
    /// <summary>The kind of study, as the file says it.</summary>
    public const string Facts = "facts";

    /// <summary>The kind of study.</summary>
    public string Kind { get; init; } = Facts;

    /// <summary>The study.</summary>
    public required string Study { get; init; }

    /// <summary>The arm.</summary>
    public required string Arm { get; init; }

    /// <summary>The size's name.</summary>
    public required string Model { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>What pre-training went on with.</summary>
    public required SalientForm Salient { get; init; }

    /// <summary>Weights, a tied embedding counted once.</summary>
    public required long Parameters { get; init; }

    /// <summary>The world.</summary>
    public required WorldSettings World { get; init; }

    /// <summary>Questions that were asked.</summary>
    public required int Questions { get; init; }

    /// <summary>Percent answered exactly, by SQuAD's exact match.</summary>
    public required double Exact { get; init; }

    /// <summary>The same of the questions whose answer is a name or a date, which salient spans mask: all but professions.</summary>
    public required double Named { get; init; }

    /// <summary>The overlap of words, percent.</summary>
    public required double F1 { get; init; }

    /// <summary>Percent answered exactly, by kind of entity and relation: <c>person.employer</c>.</summary>
    public required SortedDictionary<string, double> Relations { get; init; }

    /// <summary>What the numbers came from, in order.</summary>
    public required IReadOnlyList<StageRecord> Stages { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<(string Key, double Value)> Scores => [("exact", Exact), ("named", Named), ("f1", F1)];

    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsUnderTrained => false;

    /// <summary>Reads a result.</summary>
    /// <exception cref="BadInputException">The file is no result.</exception>
    public static FactCellResult Read(string path) => StudyJson.Read<FactCellResult>(path);

    /// <inheritdoc/>
    public string ToJson() => StudyJson.Write(this);
}
