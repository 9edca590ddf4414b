using System.Collections;

namespace Orchestrator.Core.Specs;

/// <summary>The files and folders that a spec names.</summary>
public static class SpecPaths
{
    /// <summary>Each with its field, in the order of declaration; those that are left empty are not among them.</summary>
    public static IReadOnlyList<(string Field, string Path)> Of(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var paths = new List<(string, string)>();
        Add(spec, "", paths);
        return paths;
    }

    private static void Add(object section, string prefix, List<(string Field, string Path)> paths)
    {
        foreach (var field in SpecFields.Of(section.GetType()))
        {
            var name = prefix + field.Key;
            switch (field.Property.GetValue(section))
            {
                case string { Length: > 0 } path when field.IsPath:
                    paths.Add((name, path));
                    break;
                case IEnumerable list when field.Element is not null:
                    foreach (var (place, item) in list.Cast<object>().Index())
                    {
                        if (item is not string text)
                        {
                            Add(item, $"{name}[{place}].", paths);
                        }
                        else if (field.IsPath)
                        {
                            paths.Add(($"{name}[{place}]", text));
                        }
                    }

                    break;
                case { } child when field.IsSection:
                    Add(child, name + ".", paths);
                    break;
            }
        }
    }
}
