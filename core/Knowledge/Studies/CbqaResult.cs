using System.Text.Json.Serialization;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>The result of <c>study cbqa</c>: a file of its <c>results</c> folder.</summary>
public sealed record CbqaResult : IStudyResult
{
    /// <summary>The kind of study, as the file says it.</summary>
    public const string Cbqa = "cbqa";

    /// <summary>The kind of study.</summary>
    public string Kind { get; init; } = Cbqa;

    /// <summary>The data set, by its short name.</summary>
    public required string Arm { get; init; }

    /// <summary>The size.</summary>
    public required string Model { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Whether salient spans were read.</summary>
    public required bool Salient { get; init; }

    /// <summary>What steps and batches were multiplied by.</summary>
    public required double Scale { get; init; }

    /// <summary>Questions that were asked.</summary>
    public required int Questions { get; init; }

    /// <summary>The scores of the task's metrics, percent.</summary>
    public required SortedDictionary<string, double> Metrics { get; init; }

    /// <summary>What the numbers came from, in order.</summary>
    public required IReadOnlyList<StageRecord> Stages { get; init; }

    /// <summary>Its name among the results of a folder.</summary>
    [JsonIgnore]
    public string Name => CbqaCell.NameOf(Arm, Model, Salient, Scale, Seed);

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<(string Key, double Value)> Scores => [.. ClosedBookTask.Named(Arm).Metrics.Select(metric => (metric, Metrics[metric]))];

    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsUnderTrained => false;

    /// <summary>Reads a result.</summary>
    /// <exception cref="BadInputException">The file is no result.</exception>
    public static CbqaResult Read(string path) => StudyJson.Read<CbqaResult>(path);

    /// <inheritdoc/>
    public string ToJson() => StudyJson.Write(this);
}
