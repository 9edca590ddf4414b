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

    /// <summary>Share of the questions that was held out in place of the published rows; 0: those.</summary>
    public double HeldOut { get; init; }

    /// <summary>Weights of the model, a tied embedding counted once; 0 where it was not written down.</summary>
    public long Parameters { get; init; }

    /// <summary>What there is to know of the files of questions, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Questions that were asked.</summary>
    public required int Questions { get; init; }

    /// <summary>The scores of the task's metrics, percent.</summary>
    public required SortedDictionary<string, double> Metrics { get; init; }

    /// <summary>What the numbers came from, in order.</summary>
    public required IReadOnlyList<StageRecord> Stages { get; init; }

    /// <summary>Why the score is none to hold beside the published one, a clause each; empty where it is one.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Unlike
    {
        get
        {
            var due = ClosedBookTask.Named(Arm).Rows.Test;
            return
            [
                .. Scale < 1 ? [FormattableString.Invariant($"steps and batches times {Scale:0.###############}")] : Array.Empty<string>(),
                .. HeldOut > 0 ? [FormattableString.Invariant($"a share of {HeldOut} held out in place of the published rows")] : Array.Empty<string>(),
                .. Questions != due ? [FormattableString.Invariant($"{Questions:N0} questions in place of {due:N0}")] : Array.Empty<string>(),
            ];
        }
    }

    /// <summary>Its name among the results of a folder.</summary>
    [JsonIgnore]
    public string Name => CbqaCell.NameOf(Arm, Model, Salient, Scale, Seed);

    /// <inheritdoc/>
    [JsonIgnore]
    public string Title => FormattableString.Invariant($"{Arm} · {Model}{(Salient ? " + salient spans" : "")}{(Scale < 1 ? FormattableString.Invariant($" · scale {Scale:0.###############}") : "")} · seed {Seed}");

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
