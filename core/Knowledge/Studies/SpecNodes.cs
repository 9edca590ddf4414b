using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>Lays YAML values over each other; every value keeps its place in the file.</summary>
internal static class SpecNodes
{
    /// <summary>One mapping over another: mappings are joined key by key, any other value replaces the one below it.</summary>
    public static MappingNode Over(MappingNode below, MappingNode above)
    {
        var kept = below.Entries.Where(entry => above.Entries.All(other => other.Key.Text != entry.Key.Text));
        var laid = above.Entries.Select(entry =>
            entry.Value is MappingNode top && below.Entries.FirstOrDefault(other => other.Key.Text == entry.Key.Text).Value is MappingNode bottom
                ? (entry.Key, Over(bottom, top))
                : entry);
        return above with { Entries = [.. kept, .. laid] };
    }

    /// <summary>A mapping with only these keys.</summary>
    public static MappingNode Only(MappingNode mapping, IReadOnlyList<string> keys) =>
        mapping with { Entries = [.. mapping.Entries.Where(entry => keys.Contains(entry.Key.Text))] };

    /// <summary>The text of a key, or null.</summary>
    public static string? Text(MappingNode mapping, string key) =>
        (mapping.Entries.FirstOrDefault(entry => entry.Key.Text == key).Value as ScalarNode) is { IsNull: false } scalar ? scalar.Text : null;

    /// <summary>A mapping whose model is a gpt where it names neither a family nor a preset.</summary>
    public static MappingNode WithFamily(MappingNode settings, string key)
    {
        var model = settings.Entries.FirstOrDefault(entry => entry.Key.Text == key).Value as MappingNode;
        return model is null || Text(model, "family") is not null || Text(model, "preset") is not null
            ? settings
            : Over(settings, Mapping(key, Mapping("family", new ScalarNode("gpt", false, model.Line, model.Column))));
    }

    private static MappingNode Mapping(string key, SpecNode value) =>
        new([(new ScalarNode(key, false, value.Line, value.Column), value)], value.Line, value.Column);
}
