namespace Orchestrator.Training.Data.Building;

/// <summary>How far a stage is.</summary>
/// <param name="Stage">clean, deduplicate, vocabulary, tokenise, baselines, verify.</param>
/// <param name="Done">How much is done.</param>
/// <param name="Total">How much there is, where known.</param>
/// <param name="Unit">Of what.</param>
public readonly record struct BuildProgress(string Stage, long Done, long? Total, string Unit);
