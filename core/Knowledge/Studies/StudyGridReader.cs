using System.Text.RegularExpressions;
using Orchestrator.Core.Specs;
using YamlDotNet.Core;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A grid, or everything that is wrong with its plan.</summary>
/// <param name="Head">What the plan says of the study as a whole.</param>
/// <param name="Grid">An entry an arm and model.</param>
/// <param name="Errors">Every mistake, in the order of the file; where there are any, the grid is empty.</param>
internal sealed record StudyGrid<THead, TSettings>(THead Head, IReadOnlyList<(string Arm, string Model, TSettings Settings)> Grid, IReadOnlyList<SpecError> Errors);

/// <summary>How a kind of plan is written.</summary>
internal sealed record StudyForm
{
    /// <summary>The key whose value an arm that is a single word is.</summary>
    public required string ArmKey { get; init; }

    /// <summary>What such a word is: <c>a variant</c>.</summary>
    public required string ArmWord { get; init; }

    /// <summary>What is said of a plan that has no arms.</summary>
    public required string ArmsAdvice { get; init; }

    /// <summary>What is said of an arm without that key; null: it may be left out.</summary>
    public string? ArmKeyMissing { get; init; }

    /// <summary>The key of the list of models.</summary>
    public required string Models { get; init; }

    /// <summary>Keys that a plan has, for one that is no mapping.</summary>
    public required string Keys { get; init; }

    /// <summary>A plan to begin with, for one that is not there.</summary>
    public required string Example { get; init; }

    /// <summary>Changes the settings' mapping before it is read.</summary>
    public Func<MappingNode, MappingNode> Prepare { get; init; } = mapping => mapping;
}

/// <summary>Reads a plan from YAML and finds everything that is wrong with it at once.</summary>
/// <remarks>
/// Top-level sections are the settings of every cell. An entry of the models and one of <c>arms</c> lie over them, key by key, so that each
/// says only what is different; an arm that is a single word is the value of one key.
/// </remarks>
/// <param name="form">How the plan is written.</param>
/// <param name="check">Adds the mistakes of a cell's settings.</param>
/// <param name="complete">Fills in what a cell's settings leave out and others of them decide; null: nothing.</param>
internal sealed partial class StudyGridReader<THead, TSettings>(StudyForm form, Action<TSettings, SpecBinder> check, Func<TSettings, SpecBinder, TSettings>? complete = null)
    where THead : StudyHead, new()
    where TSettings : class, new()
{
    private const string Arms = "arms", Name = "name", Model = "model";

    private static readonly IReadOnlyList<string> s_head = [.. SpecFields.Of(typeof(THead)).Select(field => field.Key)];
    private static readonly IReadOnlyList<string> s_settings = [.. SpecFields.Of(typeof(TSettings)).Select(field => field.Key)];

    /// <summary>Reads and validates a plan's file; relative paths start at the file's folder.</summary>
    public StudyGrid<THead, TSettings> ReadFile(string path)
    {
        try
        {
            return Read(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failed(new SpecError(path, 0, 0, "", $"does not exist; name a study's plan, for example {form.Example}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(new SpecError(path, 0, 0, "", $"cannot be read: {e.Message}"));
        }
    }

    /// <summary>Reads and validates a plan.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="fileName">The name to put before each error.</param>
    /// <param name="folder">Where relative paths start; null leaves them as they are.</param>
    public StudyGrid<THead, TSettings> Read(string text, string fileName, string? folder)
    {
        SpecNode? root;
        try
        {
            root = SpecDocument.Read(text);
        }
        catch (YamlException e)
        {
            return Failed(new SpecError(fileName, (int)e.Start.Line, (int)e.Start.Column, "", $"is not valid YAML: {e.Message}"));
        }

        return root is MappingNode mapping
            ? Read(mapping, fileName, folder)
            : Failed(new SpecError(fileName, root?.Line ?? 0, root?.Column ?? 0, "", $"must be a mapping with keys such as {form.Keys}"));
    }

    private StudyGrid<THead, TSettings> Read(MappingNode root, string file, string? folder)
    {
        var binder = new SpecBinder(file, folder);
        var errors = new List<SpecError>();
        var unknown = root.Entries.Where(entry => !s_head.Concat(s_settings).Contains(entry.Key.Text) && entry.Key.Text != Arms && entry.Key.Text != form.Models).ToList();
        errors.AddRange(unknown.Select(entry => Unknown(entry.Key, file)));

        var head = new THead();
        binder.Bind(head, SpecNodes.Only(root, s_head), "");
        if (!Word().IsMatch(head.Name))
        {
            binder.Add(Name, $"must be 1 to 64 letters, digits, '.', '_', '+' or '-', was \"{head.Name}\"");
        }

        var arms = Entries(root, Arms, form.ArmKey, file, errors);
        var named = root.Entries.Where(entry => entry.Key.Text == Arms).Select(entry => entry.Value).ToList();
        if (named.Count == 0)
        {
            errors.Add(new SpecError(file, 0, 0, Arms, $"is missing; {form.ArmsAdvice}"));
        }
        else if (named.OfType<ListNode>().FirstOrDefault(list => list.Items.Count == 0) is { } empty)
        {
            errors.Add(new SpecError(file, empty.Line, empty.Column, Arms, $"is empty; {form.ArmsAdvice}"));
        }

        var models = Entries(root, form.Models, word: null, file, errors);
        models = models.Count > 0 ? models : [new StudyEntry(Model, new MappingNode([], root.Line, root.Column), root)];
        errors.AddRange(Twice(arms, Arms, file).Concat(Twice(models, form.Models, file)));
        errors.AddRange(binder.Errors);

        var defaults = SpecNodes.Only(root, s_settings);
        var grid = from model in models
                   from arm in arms
                   select (Arm: arm.Name, Model: model.Name, Settings: Settings(SpecNodes.Over(SpecNodes.Over(defaults, model.Mapping), arm.Mapping), arm, file, folder, errors));
        var cells = grid.ToList();
        IReadOnlyList<SpecError> all = [.. errors.Distinct().OrderBy(error => error.Line).ThenBy(error => error.Column)];
        return new StudyGrid<THead, TSettings>(head, all.Count > 0 ? [] : cells, all);
    }

    private TSettings Settings(MappingNode mapping, StudyEntry arm, string file, string? folder, List<SpecError> errors)
    {
        if (form.ArmKeyMissing is { } missing && SpecNodes.Text(mapping, form.ArmKey) is null)
        {
            errors.Add(new SpecError(file, arm.At.Line, arm.At.Column, form.ArmKey, missing));
        }

        var binder = new SpecBinder(file, folder);
        var settings = new TSettings();
        binder.Bind(settings, form.Prepare(mapping), "");
        settings = complete?.Invoke(settings, binder) ?? settings;
        check(settings, binder);
        errors.AddRange(binder.Errors);
        return settings;
    }

    private List<StudyEntry> Entries(MappingNode root, string key, string? word, string file, List<SpecError> errors)
    {
        var entries = new List<StudyEntry>();
        foreach (var (_, value) in root.Entries.Where(entry => entry.Key.Text == key))
        {
            foreach (var (place, node) in (value is ListNode list ? list.Items : [value]).Index())
            {
                if (StudyEntry.Of(node, word) is { } entry && Word().IsMatch(entry.Name))
                {
                    entries.Add(entry);
                }
                else
                {
                    errors.Add(new SpecError(file, node.Line, node.Column, $"{key}[{place}]", word is null
                        ? "must be a mapping with a name of letters, digits, '.', '_', '+' or '-', and the settings that differ"
                        : $"must be {form.ArmWord}, or a mapping with {form.ArmWord} and the settings that differ"));
                }
            }
        }

        return entries;
    }

    private static IEnumerable<SpecError> Twice(IReadOnlyList<StudyEntry> entries, string key, string file) =>
        entries.Index().Where(pair => entries.Take(pair.Index).Any(earlier => earlier.Name == pair.Item.Name))
            .Select(pair => new SpecError(file, pair.Item.At.Line, pair.Item.At.Column, $"{key}[{pair.Index}]", $"has the name {pair.Item.Name} of one before it; give it a name of its own"));

    private SpecError Unknown(ScalarNode key, string file)
    {
        string[] known = [.. s_head, .. s_settings, form.Models, Arms];
        var nearest = NearestName.Of(key.Text, known);
        return new SpecError(file, key.Line, key.Column, key.Text, nearest is null
            ? $"is not a known key; known are {string.Join(", ", known)}"
            : $"is not a known key; did you mean {nearest}?");
    }

    private static StudyGrid<THead, TSettings> Failed(SpecError error) => new(new THead(), [], [error]);

    [GeneratedRegex(@"\A[A-Za-z0-9._+-]{1,64}\z")]
    private static partial Regex Word();
}
