using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A plan, or everything that is wrong with it.</summary>
/// <param name="Plan">The plan; null where there are errors.</param>
/// <param name="Errors">Every mistake, in the order of the file.</param>
public sealed record StudyPlanResult<TPlan>(TPlan? Plan, IReadOnlyList<SpecError> Errors)
    where TPlan : StudyPlan;

/// <summary>Reads the plan of a study of biographies.</summary>
public static class BioPlanReader
{
    private const string Variant = "variant";

    private static readonly StudyGridReader<BioHead, BioStudySettings> s_reader = new(
        new StudyForm
        {
            ArmKey = Variant,
            ArmWord = "a variant",
            ArmsAdvice = "name at least one variant, for example: arms: [single, multi5+permute]",
            ArmKeyMissing = "is missing; name how people are told of, for example multi5+permute",
            Models = "models",
            Keys = "name, population, arms",
            Example = "examples/bios/smoke.yaml",
            Prepare = mapping => SpecNodes.WithFamily(mapping, "model"),
        },
        BioStudyRules.Check,
        LoraRules.Completed);

    /// <summary>Reads and validates a plan.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="fileName">The name to put before each error.</param>
    /// <param name="folder">Where relative paths start; null leaves them as they are.</param>
    public static StudyPlanResult<BioPlan> Read(string text, string fileName, string? folder = null) => Plan(s_reader.Read(text, fileName, folder));

    /// <summary>Reads and validates a plan's file; relative paths start at the file's folder.</summary>
    public static StudyPlanResult<BioPlan> ReadFile(string path) => Plan(s_reader.ReadFile(path));

    private static StudyPlanResult<BioPlan> Plan(StudyGrid<BioHead, BioStudySettings> read) => read.Errors.Count > 0
        ? new StudyPlanResult<BioPlan>(null, read.Errors)
        : new StudyPlanResult<BioPlan>(
            new BioPlan(
                read.Head.Name,
                read.Head.MemoryGate,
                [.. Enumerable.Range(1, read.Head.Seeds).SelectMany(seed => read.Grid.Select(cell => new BioCell(cell.Arm, cell.Model, seed, cell.Settings)))]),
            []);
}
