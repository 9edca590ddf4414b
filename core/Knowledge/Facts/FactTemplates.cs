using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>How a fact is asked for and told.</summary>
/// <param name="Question">The question, with {name}.</param>
/// <param name="Sentences">Sentences: {name} becomes what the entity is called later on, {full} stays its name, {value} and {a value} are the answer.</param>
internal sealed record FactTemplates(string Question, IReadOnlyList<string> Sentences)
{
    private static readonly Dictionary<(FactKind, string), FactTemplates> s_all = Read();

    /// <summary>Those of a relation.</summary>
    public static FactTemplates Of(FactKind kind, string relation) => s_all[(kind, relation)];

    // Each begins with "# kind relation", then "? question".
    private static Dictionary<(FactKind, string), FactTemplates> Read() => string.Join('\n', BioLists.Lines(BioLists.Resource("facts.templates.txt")))
        .Split("# ", StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(
            lines => (Enum.Parse<FactKind>(lines[0].Split(' ')[0], ignoreCase: true), lines[0].Split(' ')[1]),
            lines => new FactTemplates(lines[1]["? ".Length..], lines[2..]));
}
