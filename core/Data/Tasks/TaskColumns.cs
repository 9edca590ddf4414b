namespace Orchestrator.Core.Data.Tasks;

/// <summary>The columns of a tab-separated file.</summary>
public sealed class TaskColumns
{
    private readonly IReadOnlyList<string> _names;
    private readonly bool _moreTargets;

    private TaskColumns(IReadOnlyList<string> names, bool named, bool moreTargets) => (_names, AreNamed, _moreTargets) = (names, named, moreTargets);

    /// <summary>Whether the file's first line names them, and is no example.</summary>
    public bool AreNamed { get; }

    /// <summary>The columns that a file's first line tells of.</summary>
    /// <param name="first">The line's cells.</param>
    /// <param name="given">The columns that the task gives to files without names; may be none.</param>
    /// <param name="input">The fields that its input asks for.</param>
    /// <param name="target">The fields that its target asks for.</param>
    /// <exception cref="FormatException">An input's column comes twice, or a field has none; the message is a clause.</exception>
    internal static TaskColumns Of(IReadOnlyList<string> first, IReadOnlyList<string> given, IReadOnlyList<string> input, IReadOnlyList<string> target)
    {
        // Where the templates ask for no names of their own, a file need not have any.
        var usual = input.Concat(target).All(UsualFields.Has);
        var named = given.Count == 0 && (!usual || UsualFields.AreNamed(first));
        var names = named ? first : given.Count > 0 ? given : UsualFields.Columns;
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1 && input.SelectMany(UsualFields.Names).Contains(group.Key)) is { } twice)
        {
            throw new FormatException($"names the column \"{twice.Key}\" twice");
        }

        if (input.Concat(target).FirstOrDefault(field => !UsualFields.Names(field).Any(names.Contains)) is { } missing)
        {
            throw new FormatException($"has no column \"{missing}\", which the task's templates ask for; there are {string.Join(", ", names)}");
        }

        return new TaskColumns(names, named, usual && given.Count == 0 && UsualFields.IsTarget(names[^1]));
    }

    /// <summary>The values of a field in a line, several where its column comes several times.</summary>
    /// <exception cref="FormatException">The line has another number of cells; the message is a clause.</exception>
    internal IReadOnlyList<string> Values(IReadOnlyList<string> cells, string field)
    {
        if (cells.Count < _names.Count || (cells.Count > _names.Count && !_moreTargets))
        {
            throw new FormatException($"has {cells.Count} fields where there are {_names.Count} columns ({string.Join(", ", _names)})");
        }

        var name = UsualFields.Names(field).First(_names.Contains);
        return [.. cells.Where((_, place) => _names[Math.Min(place, _names.Count - 1)] == name)];
    }
}
