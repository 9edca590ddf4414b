using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>An entry of a plan's arms or models.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mapping">The settings that it lays over those of every cell.</param>
/// <param name="At">Where it stands.</param>
internal sealed record StudyEntry(string Name, MappingNode Mapping, SpecNode At)
{
    private const string NameKey = "name";

    /// <summary>Reads an entry; null where it is none.</summary>
    /// <param name="node">A mapping, or a word.</param>
    /// <param name="word">The key whose value a single word is, and which gives the name where there is none; null: there is no such key.</param>
    public static StudyEntry? Of(SpecNode node, string? word) => node switch
    {
        ScalarNode { IsNull: false } text when word is not null =>
            new StudyEntry(text.Text, new MappingNode([(new ScalarNode(word, false, text.Line, text.Column), text)], text.Line, text.Column), text),
        MappingNode mapping when (SpecNodes.Text(mapping, NameKey) ?? (word is null ? null : SpecNodes.Text(mapping, word))) is { } name =>
            new StudyEntry(name, mapping with { Entries = [.. mapping.Entries.Where(entry => entry.Key.Text != NameKey)] }, mapping),
        _ => null,
    };
}
