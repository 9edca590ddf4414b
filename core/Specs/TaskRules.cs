using System.Text.RegularExpressions;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Core.Specs;

/// <summary>The rules that tasks of a spec keep.</summary>
internal static partial class TaskRules
{
    /// <summary>Fills in what tasks leave to their data sets: name and prefix.</summary>
    public static DataSpec WithDatasets(DataSpec data, SpecBinder binder) => data.Tasks.All(task => task.Dataset.Length == 0) ? data : data with
    {
        Tasks = [.. data.Tasks.Select((task, place) => ClosedBookTask.Find(task.Dataset) is not { } dataset ? task : task with
        {
            Name = task.Name.Length > 0 ? task.Name : dataset.Name,
            Prefix = binder.IsGiven($"data.tasks[{place}].prefix") ? task.Prefix : dataset.Prefix,
        })],
    };

    public static void Check(DataSpec data, SpecBinder binder)
    {
        binder.Rule(data.Corpus.Length > 0 || data.CorpusRate is null, "is the rate of data.corpus beside data.tasks, and there is none; name one or leave it out", "data.corpus_rate", "data.tasks");
        binder.Rule(data.Corpus.Length > 0 || data.Order == DataOrder.Samples, "is about the documents of data.corpus; leave it out beside data.tasks, whose examples are in another order every epoch", "data.order", "data.tasks");
        binder.Rule(data.Vocabulary.Length > 0, "is missing; name the spiece.model that the model reads with", "data.vocabulary", "data.tasks");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (place, task) in data.Tasks.Index())
        {
            Check(task, $"data.tasks[{place}]", binder);
            if (!names.Add(task.Name))
            {
                binder.Add($"data.tasks[{place}].name", $"must be another than that of the tasks before it, was \"{task.Name}\"");
            }
        }
    }

    private static void Check(TaskSpec task, string field, SpecBinder binder)
    {
        if (!Name().IsMatch(task.Name))
        {
            binder.Add($"{field}.name", $"must be 1 to 64 letters, digits, '.', '_' or '-', was \"{task.Name}\"");
        }

        binder.Rule(task.Train.Count > 0, "is missing; name one or several .tsv, .jsonl or .json files", $"{field}.train", field);
        RequireFormats(task.Train, $"{field}.train", binder);
        RequireFormats(task.Validation, $"{field}.validation", binder);
        binder.Rule(
            task.Validation.Count == 0 || task.HeldOut == 0,
            "has no use beside validation files; keep one of them",
            $"{field}.held_out", $"{field}.validation");
        RequireTemplate(task.Input, $"{field}.input", binder);
        RequireTemplate(task.Target, $"{field}.target", binder);
        if (task.Spans.Length > 0)
        {
            CheckSpans(task, field, binder);
        }

        if (task.Dataset.Length > 0)
        {
            CheckDataset(task, field, binder);
        }
    }

    private static void CheckDataset(TaskSpec task, string field, SpecBinder binder)
    {
        RequireDataset(task.Dataset, $"{field}.dataset", binder);
        binder.Rule(
            task.Train.Concat(task.Validation).All(TaskFormat.IsJson),
            "needs .jsonl or .json files, as it is published",
            $"{field}.dataset", $"{field}.train");
        binder.Rule(task.Spans.Length == 0, "has no spans; leave one of the two out", $"{field}.dataset", $"{field}.spans");
    }

    /// <summary>Adds a mistake where there is no data set of a name; empty: none is named.</summary>
    public static void RequireDataset(string name, string field, SpecBinder binder)
    {
        if (name.Length > 0 && ClosedBookTask.Find(name) is null)
        {
            var meant = NearestName.Of(name, ClosedBookTask.Names);
            binder.Add(field, $"must be one of {string.Join(", ", ClosedBookTask.Names)}, was {name}{(meant is null ? "" : $"; did you mean {meant}?")}");
        }
    }

    private static void CheckSpans(TaskSpec task, string field, SpecBinder binder)
    {
        binder.Rule(
            task.Train.Concat(task.Validation).All(TaskFormat.IsJson),
            "needs .jsonl or .json files, whose objects have byte offsets",
            $"{field}.spans", $"{field}.train");
        binder.Rule(
            IsOneField(task.Input),
            "must name the one field in which the spans are, as in \"{text}\"",
            $"{field}.input", $"{field}.spans");
        binder.Rule(
            task.Target == new TaskSpec().Target,
            "has no use beside spans, whose texts are the targets; leave it out",
            $"{field}.target", $"{field}.spans");
        binder.Rule(task.Mask.Length > 0, "is empty; write what stands in a span's place, such as _X_", $"{field}.mask", $"{field}.spans");
        binder.Rule(
            task.HeldOut == 0,
            "would hold out spans whose sentences are trained on with other spans masked; name validation files",
            $"{field}.held_out", $"{field}.spans");
        binder.Rule(!task.Truncate, "might cut off the mask; leave it out, and longer texts out of the files", $"{field}.truncate", $"{field}.spans");
    }

    private static bool IsOneField(string template)
    {
        try
        {
            return TaskTemplate.Parse(template).Fields.Count == 1;
        }
        catch (FormatException)
        {
            // Named already.
            return true;
        }
    }

    private static void RequireFormats(SpecList<string> paths, string field, SpecBinder binder)
    {
        foreach (var (place, path) in paths.Index().Where(path => !TaskFormat.IsKnown(path.Item)))
        {
            binder.Add($"{field}[{place}]", $"must be a .tsv, .jsonl or .json file, or one with .gz behind that, was {path}");
        }
    }

    /// <summary>Adds a mistake where a template cannot be read.</summary>
    public static void RequireTemplate(string template, string field, SpecBinder binder)
    {
        try
        {
            if (TaskTemplate.Parse(template).Fields.Count == 0)
            {
                binder.Add(field, $"must name a field in braces, as in \"{{question}}\", was \"{template}\"");
            }
        }
        catch (FormatException error)
        {
            binder.Add(field, error.Message);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Name();
}
