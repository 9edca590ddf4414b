using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What a plan says of the study as a whole.</summary>
internal record StudyHead
{
    /// <summary>What people call the study.</summary>
    public string Name { get; init; } = "study";

    /// <summary>Seeds, 1 to this.</summary>
    [AllowedRange(1, 1000)]
    public int Seeds { get; init; } = 1;
}

/// <summary>What a plan says of a study of biographies as a whole.</summary>
internal sealed record BioHead : StudyHead
{
    /// <summary>Percent of the first value tokens that a model must recall before what it answers counts.</summary>
    [AllowedRange(0, 100)]
    public double MemoryGate { get; init; } = 99;
}
