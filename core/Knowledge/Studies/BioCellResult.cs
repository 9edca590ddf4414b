using System.Text.Json.Serialization;
using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>The result of a cell: a file of a study's <c>results</c> folder.</summary>
public sealed record BioCellResult : IStudyResult
{
    /// <summary>The study.</summary>
    public required string Study { get; init; }

    /// <summary>Percent of memory below which the model counts as under-trained.</summary>
    public required double MemoryGate { get; init; }

    /// <summary>The arm.</summary>
    public required string Arm { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>How people were told of.</summary>
    public required string Variant { get; init; }

    /// <summary>People, celebrities not counted.</summary>
    public required long People { get; init; }

    /// <summary>Celebrities.</summary>
    public long Celebrities { get; init; }

    /// <summary>The questions' share of what the model was pre-trained on, where it was trained on both.</summary>
    public double? QaShare { get; init; }

    /// <summary>What the pre-trained model recalls inside the biographies.</summary>
    public required BioMemory Memory { get; init; }

    /// <summary>What is answered.</summary>
    public required BioExtraction Extraction { get; init; }

    /// <summary>What guessing achieves.</summary>
    public required BioMajority Majority { get; init; }

    /// <summary>What the pre-trained model stores, where it was measured.</summary>
    public BioCapacity? Capacity { get; init; }

    /// <summary>The P-probe, where there is one.</summary>
    public BioProbeResult? PositionProbe { get; init; }

    /// <summary>The Q-probe, where there is one.</summary>
    public BioProbeResult? QuestionProbe { get; init; }

    /// <summary>What the numbers came from, in order.</summary>
    public required IReadOnlyList<StageRecord> Stages { get; init; }

    /// <summary>Whether it learned too little for its answers to say anything.</summary>
    [JsonIgnore]
    public bool IsUnderTrained => Memory.FirstMean < MemoryGate;

    /// <inheritdoc/>
    [JsonIgnore]
    public IReadOnlyList<(string Key, double Value)> Scores => [("memory", Memory.FirstMean), ("extraction", Extraction.HeldOutMeanOfFive)];

    /// <summary>The run of a kind, or null.</summary>
    public StageRecord? Stage(StageKind kind) => Stages.FirstOrDefault(stage => stage.Kind == kind);

    /// <summary>Reads a result.</summary>
    /// <exception cref="BadInputException">The file is no result.</exception>
    public static BioCellResult Read(string path) => StudyJson.Read<BioCellResult>(path);

    /// <inheritdoc/>
    public string ToJson() => StudyJson.Write(this);
}
