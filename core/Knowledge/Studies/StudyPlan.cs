namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A study: a grid of arms x models x seeds over synthetic biographies.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="MemoryGate">Percent of the first value tokens that a model must recall from its biographies before what it answers counts as a result.</param>
/// <param name="Cells">The grid, seeds outermost, so that every arm has one result before any has two.</param>
public sealed record StudyPlan(string Name, double MemoryGate, IReadOnlyList<StudyCell> Cells);

/// <summary>One arm with one model and one seed.</summary>
/// <param name="Arm">The arm's name; its variant's where it has none of its own.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Seed">Seed of the population, of the weights and of every order.</param>
/// <param name="Settings">What is done.</param>
public sealed record StudyCell(string Arm, string Model, int Seed, StudySettings Settings)
{
    /// <summary>The name of its result: <c>single-small-seed1</c>.</summary>
    public string Name => $"{Arm}-{Model}-seed{Seed}";
}
