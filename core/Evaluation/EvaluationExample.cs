using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Evaluation;

/// <summary>One example of a text-to-text task.</summary>
/// <param name="Line">Its line or place in its file, from 1: it names the example everywhere.</param>
/// <param name="Input">What the model reads.</param>
/// <param name="Targets">The texts that are right, at least one; empty where nothing is.</param>
public sealed record EvaluationExample(long Line, string Input, IReadOnlyList<string> Targets)
{
    private static readonly TaskFormat s_format = new(new TaskSpec(), emptyTargets: true);

    /// <summary>The examples of a file, in its order: those of a <see cref="TaskFile"/> with the fields <c>input</c> and <c>target</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The first so many; null: all.</param>
    /// <exception cref="BadInputException">The file cannot be read, holds none, or has bad lines, which the message locates.</exception>
    public static IReadOnlyList<EvaluationExample> Read(string path, long? limit = null)
    {
        using var file = TaskFile.Open(path, s_format, "task", limit);
        var examples = new List<EvaluationExample>((int)file.Count);
        for (var number = 0L; number < file.Count; number++)
        {
            var example = file.Read(number);
            examples.Add(new EvaluationExample(file.Line(number), example.Input, example.Targets));
        }

        return examples;
    }
}
