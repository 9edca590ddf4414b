namespace Orchestrator.Core.Specs;

/// <content>Lists and paths.</content>
internal sealed partial class SpecBinder
{
    // A single text stands for a list of it.
    private void BindList(object parent, SpecField field, SpecNode value, string name)
    {
        var nodes = value is ListNode list ? list.Items : value is ScalarNode { IsNull: true } ? [] : [value];
        var items = new List<object>(nodes.Count);
        for (var i = 0; i < nodes.Count; i++)
        {
            if (Element(field, nodes[i], $"{name}[{i}]") is { } item)
            {
                items.Add(item);
            }
        }

        field.Property.SetValue(parent, Activator.CreateInstance(field.Type, items));
    }

    private object? Element(SpecField field, SpecNode node, string name)
    {
        _given[name] = node;
        if (field.Element == typeof(string))
        {
            if (node is ScalarNode { IsNull: false } scalar)
            {
                return PathOf(field, scalar.Text);
            }

            AddAt(node, name, $"must be text, was {(node is ScalarNode ? "empty" : node is ListNode ? "a list" : "a mapping")}");
            return null;
        }

        if (node is MappingNode mapping)
        {
            var section = Activator.CreateInstance(field.Element!)!;
            Bind(section, mapping, name);
            return section;
        }

        AddAt(node, name, $"must be a mapping with keys such as {string.Join(", ", SpecFields.Of(field.Element!).Take(3).Select(child => child.Key))}");
        return null;
    }

    private string PathOf(SpecField field, string text) =>
        field.IsPath && folder is not null && text.Length > 0 ? Path.GetFullPath(text, Path.GetFullPath(folder)) : text;
}
