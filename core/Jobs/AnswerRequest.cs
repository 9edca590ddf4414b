namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>answer</c>: a checkpoint's model generates text for each question, greedily.</summary>
/// <remarks>
/// Questions are plain text; <c>&lt;extra_id_0&gt;</c> and so on in them are sentinels, and are written so in answers too.
/// Its events: <c>answer</c> {number, question, answer, tokens} for each, in order; <c>finished</c> {checkpoint, step, seconds}.
/// </remarks>
public sealed record AnswerRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "answer";

    /// <summary>A checkpoint's folder (step-00000200), or a folder of them: then the newest valid one is taken.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>The questions. At least one.</summary>
    public IReadOnlyList<string> Questions { get; init; } = [];

    /// <summary>An answer ends after so many tokens at the latest.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Checkpoint))
        {
            throw new BadInputException("checkpoint: no folder was named; name a checkpoint's folder.");
        }

        if (Questions.Count == 0)
        {
            throw new BadInputException("questions: there is none; ask at least one.");
        }

        if (MaxTokens < 1)
        {
            throw new BadInputException($"max_tokens: it was {MaxTokens}; choose at least 1.");
        }
    }
}
