namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>One arm with one size, over its seeds.</summary>
/// <param name="cells">The seeds' results, at least one.</param>
internal sealed class FactSummary(IReadOnlyList<FactCellResult> cells)
{
    /// <summary>The arm.</summary>
    public string Arm => cells[0].Arm;

    /// <summary>The size's name.</summary>
    public string Model => cells[0].Model;

    /// <summary>Both.</summary>
    public string Label => $"{Arm} · {Model}";

    /// <summary>What pre-training went on with.</summary>
    public SalientForm Salient => cells[0].Salient;

    /// <summary>Weights.</summary>
    public long Parameters => cells[0].Parameters;

    /// <summary>Exact answers, percent.</summary>
    public Spread Exact => Spread.Of(cells.Select(cell => cell.Exact));

    /// <summary>Exact answers that are names or dates, percent.</summary>
    public Spread Named => Spread.Of(cells.Select(cell => cell.Named));

    /// <summary>The overlap of words, percent.</summary>
    public Spread F1 => Spread.Of(cells.Select(cell => cell.F1));

    /// <summary>Exact answers of a relation, percent; null where none was asked.</summary>
    public double? Relation(string relation) =>
        cells.Where(cell => cell.Relations.ContainsKey(relation)).Select(cell => cell.Relations[relation]).ToList() is { Count: > 0 } values ? values.Average() : null;

    /// <summary>The loss that a kind of run ended with, or null.</summary>
    public Spread? Loss(StageKind kind) =>
        cells.Select(cell => cell.Stages.FirstOrDefault(stage => stage.Kind == kind)?.Loss).OfType<double>().ToList() is { Count: > 0 } values ? Spread.Of(values) : null;

    /// <summary>The arms of results, in their order.</summary>
    public static IReadOnlyList<FactSummary> Of(IReadOnlyList<FactCellResult> cells) =>
        [.. cells.GroupBy(cell => (cell.Arm, cell.Model)).Select(group => new FactSummary([.. group]))];
}
