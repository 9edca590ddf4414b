namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>Reads the plan of a study of facts.</summary>
public static class FactPlanReader
{
    private static readonly StudyGridReader<StudyHead, FactStudySettings> s_reader = new(
        new StudyForm
        {
            ArmKey = "salient",
            ArmWord = "none, spans, windows or stop",
            ArmsAdvice = "name what pre-training goes on with, for example: arms: [none, spans]",
            Models = "sizes",
            Keys = "name, world, sizes, arms",
            Example = "examples/facts/smoke.yaml",
        },
        FactStudyRules.Check);

    /// <summary>Reads and validates a plan.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="fileName">The name to put before each error.</param>
    /// <param name="folder">Where relative paths start; null leaves them as they are.</param>
    public static StudyPlanResult<FactPlan> Read(string text, string fileName, string? folder = null) => Plan(s_reader.Read(text, fileName, folder));

    /// <summary>Reads and validates a plan's file; relative paths start at the file's folder.</summary>
    public static StudyPlanResult<FactPlan> ReadFile(string path) => Plan(s_reader.ReadFile(path));

    private static StudyPlanResult<FactPlan> Plan(StudyGrid<StudyHead, FactStudySettings> read) => read.Errors.Count > 0
        ? new StudyPlanResult<FactPlan>(null, read.Errors)
        : new StudyPlanResult<FactPlan>(
            new FactPlan(read.Head.Name, [.. Enumerable.Range(1, read.Head.Seeds).SelectMany(seed => read.Grid.Select(cell => new FactCell(cell.Arm, cell.Model, seed, cell.Settings)))]),
            []);
}
