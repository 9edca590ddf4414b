using System.Globalization;

namespace Orchestrator.Core.Specs;

/// <summary>Binds YAML nodes to the records of a spec and gathers every mistake.</summary>
/// <param name="file">The file's name, for errors.</param>
/// <param name="folder">Where relative paths start; null leaves them as they are.</param>
internal sealed partial class SpecBinder(string file, string? folder)
{
    private readonly List<SpecError> _errors = [];
    private readonly Dictionary<string, SpecNode> _given = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wrong = new(StringComparer.Ordinal);

    /// <summary>The mistakes so far, in the order of the file.</summary>
    public IReadOnlyList<SpecError> Errors => [.. _errors.OrderBy(error => error.Line).ThenBy(error => error.Column)];

    /// <summary>Whether the file has a value for a path.</summary>
    public bool IsGiven(string path) => _given.ContainsKey(path);

    /// <summary>Adds a mistake about a field, at its place or, where it is not in the file, at its section's.</summary>
    public void Add(string path, string problem)
    {
        _wrong.Add(path);
        SpecNode? at = null;
        for (var place = path; place.Length > 0 && !_given.TryGetValue(place, out at); place = place[..Math.Max(0, place.LastIndexOf('.'))])
        {
        }

        _errors.Add(new SpecError(file, at?.Line ?? 0, at?.Column ?? 0, path, problem));
    }

    /// <summary>Checks a rule over several fields, unless one of them is wrong already. The first that is in the file is blamed.</summary>
    public void Rule(bool holds, string problem, params ReadOnlySpan<string> paths)
    {
        var blamed = paths[0];
        foreach (var path in paths)
        {
            if (holds || _wrong.Contains(path))
            {
                return;
            }
        }

        _errors.Add(Error(blamed, problem, paths));
    }

    /// <summary>Fills a section, which starts as its defaults.</summary>
    public void Bind(object section, MappingNode node, string path)
    {
        var fields = SpecFields.Of(section.GetType());
        foreach (var (key, value) in node.Entries)
        {
            var name = path.Length > 0 ? $"{path}.{key.Text}" : key.Text;
            var field = fields.FirstOrDefault(candidate => string.Equals(candidate.Key, key.Text, StringComparison.Ordinal));
            if (field is null)
            {
                AddAt(key, name, Unknown(key.Text, path, fields));
            }
            else if (!_given.TryAdd(name, value))
            {
                AddAt(key, name, $"is given twice, first on line {_given[name].Line}; keep one");
            }
            else if (field.IsSection)
            {
                BindSection(section, field, value, name);
            }
            else if (field.Element is not null)
            {
                BindList(section, field, value, name);
            }
            else if (value is not ScalarNode scalar)
            {
                AddAt(value, name, $"must be {Expected(field)}, was a {(value is ListNode ? "list" : "mapping")}");
            }
            else if (Value(field, scalar, name) is { } parsed)
            {
                field.Property.SetValue(section, parsed);
            }
            else if (scalar.IsNull && field.AllowsNull)
            {
                field.Property.SetValue(section, null);
            }
        }
    }

    private void BindSection(object parent, SpecField field, SpecNode value, string name)
    {
        if (field.AllowsNull && value is ScalarNode { IsNull: true })
        {
            field.Property.SetValue(parent, null);
            return;
        }

        if (value is not MappingNode mapping)
        {
            AddAt(value, name, $"must be a mapping with keys such as {string.Join(", ", SpecFields.Of(field.Type).Take(3).Select(child => child.Key))}");
            return;
        }

        var section = field.Type == typeof(ModelSpec) ? ModelDefaults(mapping) : field.Property.GetValue(parent) ?? Activator.CreateInstance(field.Type)!;
        Bind(section, mapping, name);
        if (section is ModelSpec model && model.Family != ModelFamily.T5 && !IsGiven($"{name}.d_ff"))
        {
            section = model with { DFf = ModelPresets.FeedForwardFactor * model.DModel };
        }

        field.Property.SetValue(parent, section);
    }

    /// <summary>Where a model starts from: its preset or its family, wherever in the section they stand.</summary>
    private static ModelSpec ModelDefaults(MappingNode mapping)
    {
        string? Text(string key) => (mapping.Entries.FirstOrDefault(entry => entry.Key.Text == key).Value as ScalarNode)?.Text;

        if (Text("preset") is { } preset && ModelPresets.Find(preset) is { } published)
        {
            return published;
        }

        var family = Enum.GetValues<ModelFamily>().FirstOrDefault(value => SpecFields.Word(value) == Text("family"));
        return ModelPresets.OfFamily(family);
    }

    private object? Value(SpecField field, ScalarNode scalar, string name)
    {
        if (scalar.IsNull)
        {
            if (!field.AllowsNull)
            {
                AddAt(scalar, name, $"must be {Expected(field)}, was empty");
            }

            return null;
        }

        if (field.Type == typeof(string))
        {
            return PathOf(field, scalar.Text);
        }

        if (field.Type.IsEnum)
        {
            return Enum.GetValues(field.Type).Cast<object>().FirstOrDefault(value => SpecFields.Word(value) == scalar.Text)
                ?? Wrong(field, scalar, name);
        }

        if (scalar.Quoted)
        {
            return Wrong(field, scalar, name);
        }

        if (field.Type == typeof(bool))
        {
            return scalar.Text switch { "true" => true, "false" => false, _ => Wrong(field, scalar, name) };
        }

        return Number(field, scalar) ?? Wrong(field, scalar, name);
    }

    private static object? Number(SpecField field, ScalarNode scalar)
    {
        if (field.Type == typeof(double))
        {
            return double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && Allowed(field, real) ? real : null;
        }

        if (!long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) || !Allowed(field, whole))
        {
            return null;
        }

        return field.Type == typeof(long) ? whole : whole is >= int.MinValue and <= int.MaxValue ? (int)whole : null;
    }

    private static bool Allowed(SpecField field, double value) => double.IsFinite(value) && (field.Range is null || field.Range.Contains(value));

    private object? Wrong(SpecField field, ScalarNode scalar, string name)
    {
        var shown = scalar.Text.Length > 80 ? scalar.Text[..77] + "..." : scalar.Text;
        AddAt(scalar, name, $"must be {Expected(field)}, was {(scalar.Quoted ? $"the text \"{shown}\"" : shown)}");
        return null;
    }

    private static string Expected(SpecField field)
    {
        if (field.Type.IsEnum)
        {
            var words = Enum.GetValues(field.Type).Cast<object>().Select(SpecFields.Word).ToArray();
            return words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";
        }

        if (field.Type == typeof(bool))
        {
            return "true or false";
        }

        if (field.Type == typeof(string))
        {
            return "text";
        }

        var kind = field.Type == typeof(double) ? "a number" : "a whole number";
        return field.Range is null ? kind : field.Type == typeof(double) ? $"{kind} {field.Range}" : $"{field.Range}";
    }

    private static string Unknown(string key, string path, IReadOnlyList<SpecField> fields)
    {
        var elsewhere = SpecFields.Of(typeof(RunSpec))
            .Where(section => section.IsSection && SpecFields.Of(section.Type).Any(field => field.Key == key))
            .Select(section => $"{section.Key}.{key}")
            .FirstOrDefault();
        if (elsewhere is not null)
        {
            return $"is not a known key here; did you mean {elsewhere}?";
        }

        var nearest = NearestName.Of(key, fields.Select(field => field.Key));
        return nearest is null
            ? $"is not a known key; known are {string.Join(", ", fields.Select(field => field.Key))}"
            : $"is not a known key; did you mean {(path.Length > 0 ? path + "." : "")}{nearest}?";
    }

    private void AddAt(SpecNode at, string path, string problem)
    {
        _wrong.Add(path);
        _errors.Add(new SpecError(file, at.Line, at.Column, path, problem));
    }

    private SpecError Error(string path, string problem, ReadOnlySpan<string> places)
    {
        foreach (var place in places)
        {
            if (_given.TryGetValue(place, out var node))
            {
                return new SpecError(file, node.Line, node.Column, path, problem);
            }
        }

        return new SpecError(file, 0, 0, path, problem);
    }
}
