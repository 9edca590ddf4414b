namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A study of synthetic biographies.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="MemoryGate">Percent of the first value tokens that a model must recall from its biographies before what it answers counts as a result.</param>
/// <param name="Cells">The grid.</param>
public sealed record BioPlan(string Name, double MemoryGate, IReadOnlyList<BioCell> Cells) : StudyPlan(Name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<BioCell> Cells { get; } = Cells;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Scores => ["memory", "answers"];

    /// <inheritdoc/>
    public override StudyGraph Graph() => StudyGraph.Of(Cells, BioStages.Expand);
}

/// <summary>One arm with one model and one seed.</summary>
/// <param name="Arm">The arm's name; its variant's where it has none of its own.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Seed">Seed of the population, of the weights and of every order.</param>
/// <param name="Settings">What is done.</param>
public sealed record BioCell(string Arm, string Model, int Seed, BioStudySettings Settings) : StudyCell(Arm, Model, Seed);
