using System.Text.RegularExpressions;
using Orchestrator.Core.Specs;
using YamlDotNet.Core;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A plan, or everything that is wrong with it.</summary>
/// <param name="Plan">The plan; null where there are errors.</param>
/// <param name="Errors">Every mistake, in the order of the file.</param>
public sealed record StudyPlanResult(StudyPlan? Plan, IReadOnlyList<SpecError> Errors);

/// <summary>Reads a study's plan from YAML and finds everything that is wrong with it at once.</summary>
/// <remarks>
/// Top-level sections are the settings of every cell. An entry of <c>models</c> and one of <c>arms</c> lie over them, key by key, so that each
/// says only what is different; an arm that is a single word is the variant of that name.
/// </remarks>
public static partial class StudyReader
{
    private const string Arms = "arms", Models = "models", Name = "name", Variant = "variant", Model = "model";

    private static readonly IReadOnlyList<string> s_head = [.. SpecFields.Of(typeof(StudyHead)).Select(field => field.Key)];
    private static readonly IReadOnlyList<string> s_settings = [.. SpecFields.Of(typeof(StudySettings)).Select(field => field.Key)];

    /// <summary>Reads and validates a plan.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="fileName">The name to put before each error.</param>
    /// <param name="folder">Where relative paths start; null leaves them as they are.</param>
    public static StudyPlanResult Read(string text, string fileName, string? folder = null)
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
            : Failed(new SpecError(fileName, root?.Line ?? 0, root?.Column ?? 0, "", "must be a mapping with keys such as name, population, arms"));
    }

    /// <summary>Reads and validates a plan's file; relative paths start at the file's folder.</summary>
    public static StudyPlanResult ReadFile(string path)
    {
        try
        {
            return Read(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failed(new SpecError(path, 0, 0, "", "does not exist; name a study's plan, for example examples/bios/smoke.yaml"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(new SpecError(path, 0, 0, "", $"cannot be read: {e.Message}"));
        }
    }

    private static StudyPlanResult Read(MappingNode root, string file, string? folder)
    {
        var binder = new SpecBinder(file, folder);
        var errors = new List<SpecError>();
        var unknown = root.Entries.Where(entry => !s_head.Concat(s_settings).Contains(entry.Key.Text) && entry.Key.Text is not (Arms or Models)).ToList();
        errors.AddRange(unknown.Select(entry => Unknown(entry.Key, file)));

        var head = new StudyHead();
        binder.Bind(head, SpecNodes.Only(root, s_head), "");
        if (!Word().IsMatch(head.Name))
        {
            binder.Add(Name, $"must be 1 to 64 letters, digits, '.', '_', '+' or '-', was \"{head.Name}\"");
        }

        var arms = Entries(root, Arms, Variant, file, errors);
        if (arms.Count == 0 && !root.Entries.Any(entry => entry.Key.Text == Arms))
        {
            errors.Add(new SpecError(file, 0, 0, Arms, "is missing; name at least one variant, for example: arms: [single, multi5+permute]"));
        }

        var models = Entries(root, Models, word: null, file, errors);
        models = models.Count > 0 ? models : [new StudyEntry(Model, new MappingNode([], root.Line, root.Column), root)];
        errors.AddRange(Twice(arms, Arms, file).Concat(Twice(models, Models, file)));
        errors.AddRange(binder.Errors);

        var defaults = SpecNodes.Only(root, s_settings);
        var grid = from model in models
                   from arm in arms
                   select (Arm: arm.Name, Model: model.Name, Settings: Settings(SpecNodes.Over(SpecNodes.Over(defaults, model.Mapping), arm.Mapping), arm, file, folder, errors));
        var cells = grid.ToList();
        IReadOnlyList<SpecError> all = [.. errors.Distinct().OrderBy(error => error.Line).ThenBy(error => error.Column)];
        return all.Count > 0
            ? new StudyPlanResult(null, all)
            : new StudyPlanResult(
                new StudyPlan(
                    head.Name,
                    head.MemoryGate,
                    [.. Enumerable.Range(1, head.Seeds).SelectMany(seed => cells.Select(cell => new StudyCell(cell.Arm, cell.Model, seed, cell.Settings)))]),
                []);
    }

    private static StudySettings Settings(MappingNode mapping, StudyEntry arm, string file, string? folder, List<SpecError> errors)
    {
        if (SpecNodes.Text(mapping, Variant) is null)
        {
            errors.Add(new SpecError(file, arm.At.Line, arm.At.Column, Variant, "is missing; name how people are told of, for example multi5+permute"));
        }

        var binder = new SpecBinder(file, folder);
        var settings = new StudySettings();
        binder.Bind(settings, SpecNodes.WithFamily(mapping, Model), "");
        StudyRules.Check(settings, binder);
        errors.AddRange(binder.Errors);
        return settings;
    }

    private static List<StudyEntry> Entries(MappingNode root, string key, string? word, string file, List<SpecError> errors)
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
                        : "must be a variant, or a mapping with a variant and the settings that differ"));
                }
            }
        }

        return entries;
    }

    private static IEnumerable<SpecError> Twice(IReadOnlyList<StudyEntry> entries, string key, string file) =>
        entries.Index().Where(pair => entries.Take(pair.Index).Any(earlier => earlier.Name == pair.Item.Name))
            .Select(pair => new SpecError(file, pair.Item.At.Line, pair.Item.At.Column, $"{key}[{pair.Index}]", $"has the name {pair.Item.Name} of one before it; give it a name of its own"));

    private static SpecError Unknown(ScalarNode key, string file)
    {
        string[] known = [.. s_head, .. s_settings, Models, Arms];
        var nearest = NearestName.Of(key.Text, known);
        return new SpecError(file, key.Line, key.Column, key.Text, nearest is null
            ? $"is not a known key; known are {string.Join(", ", known)}"
            : $"is not a known key; did you mean {nearest}?");
    }

    private static StudyPlanResult Failed(SpecError error) => new(null, [error]);

    [GeneratedRegex(@"\A[A-Za-z0-9._+-]{1,64}\z")]
    private static partial Regex Word();
}
