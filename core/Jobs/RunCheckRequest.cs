using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>run-check</c>: finds what is wrong with a run that only its weights or its vocabulary can tell, before anything starts.</summary>
/// <remarks>Its events: <c>finished</c> {notes, examples, tokens}: sentences about the data that people should know and, where they are counted, the tasks' training examples and their tokens.</remarks>
public sealed record RunCheckRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "run-check";

    /// <summary>The spec, its paths absolute, as <see cref="SpecWriter"/> writes it.</summary>
    public string Spec { get; init; } = "";

    /// <summary>Whether to count the tokens of the tasks' training examples, inputs and targets, each with its end.</summary>
    public bool CountTokens { get; init; }

    /// <summary>Whether a spec has anything that <see cref="RunInput"/> cannot check: examples to be tokenised, names of weights, weights to start from, questions.</summary>
    public static bool Concerns(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Data.Tasks.Count > 0 || spec.Model.Freeze.Count > 0 || spec.Model.Train.Count > 0 || spec.Model.Lora is not null || spec.Model.StartFrom is { Length: > 0 }
            || spec.Evaluation.Knowledge is not null;
    }

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">The spec is missing.</exception>
    public void Validate() => JobFields.Require(Spec, "spec", "give the text of a run spec.");
}
