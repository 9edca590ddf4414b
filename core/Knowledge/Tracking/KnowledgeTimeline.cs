namespace Orchestrator.Core.Knowledge.Tracking;

/// <summary>Something that happened to a run and concerns a question: samples that tell its answer were consumed, or it was asked.</summary>
/// <param name="Step">The step after which it was asked, or the last of those looked at for samples.</param>
public abstract record KnowledgeMoment(long Step);

/// <summary>Samples that tell the answer were consumed, or none were, between two askings.</summary>
/// <param name="First">The first step looked at.</param>
/// <param name="Step">The last step looked at.</param>
/// <param name="Steps">The steps that consumed them, one for each sample, ascending.</param>
public sealed record KnowledgeSeen(long First, long Step, IReadOnlyList<long> Steps) : KnowledgeMoment(Step);

/// <summary>The question was asked.</summary>
/// <param name="Head">Of which weights.</param>
/// <param name="Answer">What came of it.</param>
public sealed record KnowledgeAsked(KnowledgeHead Head, KnowledgeAnswer Answer) : KnowledgeMoment(Head.Step);

/// <summary>Puts what a run saw and what it knew on one line of time. Pure.</summary>
public static class KnowledgeTimeline
{
    /// <summary>The moments of a question, in their order.</summary>
    /// <param name="askings">The run's askings, by step.</param>
    /// <param name="line">The question.</param>
    /// <param name="seen">The steps that consumed samples which tell the answer, one for each sample, ascending; null: not known.</param>
    /// <param name="lastStep">The last step of the ledger.</param>
    public static IReadOnlyList<KnowledgeMoment> Of(IEnumerable<KnowledgeAsking> askings, long line, IReadOnlyList<long>? seen, long lastStep)
    {
        ArgumentNullException.ThrowIfNull(askings);
        var moments = new List<KnowledgeMoment>();
        var from = 1L;
        foreach (var asking in askings)
        {
            if (asking.Answers.FirstOrDefault(answer => answer.Line == line) is { } answer)
            {
                See(asking.Head.Step);
                moments.Add(new KnowledgeAsked(asking.Head, answer));
            }
        }

        See(lastStep);
        return moments;

        void See(long through)
        {
            if (seen is not null && through >= from)
            {
                moments.Add(new KnowledgeSeen(from, through, [.. seen.Where(step => step >= from && step <= through)]));
            }

            from = Math.Max(from, through + 1);
        }
    }

    /// <summary>The question that a text means: the one whose input it is, or the only one that has it as a part.</summary>
    /// <param name="questions">The questions.</param>
    /// <param name="text">The text; as a part, in upper or lower case.</param>
    /// <exception cref="BadInputException">It means none, or several, of which the message names some.</exception>
    public static KnowledgeQuestion Find(IReadOnlyList<KnowledgeQuestion> questions, string text)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(text);
        var found = questions.Where(question => question.Input == text).Take(2).ToArray();
        if (found.Length == 0)
        {
            found = [.. questions.Where(question => question.Input.Contains(text, StringComparison.OrdinalIgnoreCase))];
        }

        const int most = 3;
        return found.Length == 1 ? found[0]
            : found.Length == 0 ? throw new BadInputException($"No question of the run holds '{text}'; name words of one of its {questions.Count} questions.")
            : throw new BadInputException(
                $"{found.Length} questions hold '{text}', for example {string.Join(", ", found.Take(most).Select(question => $"'{question.Input}'"))}; name more of one.");
    }
}
