namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>answer</c>: a checkpoint's model generates text for each question.</summary>
/// <remarks>
/// Questions are plain text; <c>&lt;extra_id_0&gt;</c> and so on in them are sentinels, and are written so in answers too.
/// Its events: <c>answer</c> {number, question, answer, tokens, log_probability} for each, in order; <c>finished</c> {checkpoint, step, seconds}.
/// </remarks>
public sealed record AnswerRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "answer";

    /// <summary>A checkpoint's folder (step-00000200), or a folder of them: then the newest valid one is taken.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>The questions.</summary>
    public IReadOnlyList<string> Questions { get; init; } = [];

    /// <summary>A file of more questions, one a line; null: none.</summary>
    public string? Input { get; init; }

    /// <summary>How answers are generated.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Checkpoint))
        {
            throw new BadInputException("checkpoint: no folder was named; name a checkpoint's folder.");
        }

        if (Questions.Count == 0 && Input is null)
        {
            throw new BadInputException("questions: there is none; ask at least one, or name a file of them with --input.");
        }

        Generation.Validate();
    }
}
