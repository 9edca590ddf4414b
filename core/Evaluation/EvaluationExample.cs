using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Evaluation;

/// <summary>One example of a text-to-text task.</summary>
/// <param name="Line">Its line or place in its file, from 1: it names the example everywhere.</param>
/// <param name="Input">What the model reads.</param>
/// <param name="Targets">The texts that are right, at least one; empty where nothing is.</param>
public sealed record EvaluationExample(long Line, string Input, IReadOnlyList<string> Targets)
{
    /// <summary>The examples of a file, in its order: those of a <see cref="TaskFile"/> with the fields <c>input</c> and <c>target</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The first so many; null: all.</param>
    /// <param name="field">What names the file, for errors.</param>
    /// <exception cref="BadInputException">The file cannot be read, holds none, or has bad lines, which the message locates.</exception>
    public static IReadOnlyList<EvaluationExample> Read(string path, long? limit = null, string field = "task")
    {
        using var file = TaskFile.Open(path, new TaskFormat(new TaskSpec(), emptyTargets: true), field, limit);
        return Of(file);
    }

    /// <summary>The questions of a file of a published data set, in its order, without their prefix.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataset">The data set.</param>
    /// <param name="limit">The first so many; null: all.</param>
    /// <param name="field">What names the file, for errors.</param>
    /// <returns>The questions, and a sentence where the file holds another number of rows than are published.</returns>
    /// <exception cref="BadInputException">The file cannot be read, holds none, or has bad rows, which the message locates.</exception>
    public static (IReadOnlyList<EvaluationExample> Examples, string? Note) Read(string path, ClosedBookTask dataset, long? limit = null, string field = "data")
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (!TaskFormat.IsJson(path))
        {
            throw new BadInputException($"{field}: {path} is no file of {dataset.Title} as it is published; name a .jsonl or .json file.");
        }

        using var file = TaskFile.Open(path, new TaskFormat(new TaskSpec { Dataset = dataset.Name }), field, limit);
        return (Of(file), limit is null ? dataset.Rows.Note(path, file.Records, dataset.Title) : null);
    }

    private static List<EvaluationExample> Of(TaskFile file)
    {
        var examples = new List<EvaluationExample>((int)file.Count);
        for (var number = 0L; number < file.Count; number++)
        {
            var example = file.Read(number);
            examples.Add(new EvaluationExample(file.Line(number), example.Input, example.Targets));
        }

        return examples;
    }
}
