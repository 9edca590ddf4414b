using Orchestrator.Core.Data.Tasks;

namespace Orchestrator.Training.Data.Tasks;

/// <summary>The held-out examples of tasks as questions with right answers, in an order that is the same for every run. Thread-safe.</summary>
/// <param name="tasks">The tasks.</param>
/// <param name="tokens">How their texts become tokens.</param>
public sealed class TaskQuestions(TaskSet tasks, TaskTokens tokens)
{
    /// <summary>How many there are.</summary>
    public long Count => tasks.ValidationCount;

    /// <summary>Tokens of an answer at most, its end included.</summary>
    public int LongestAnswer => tokens.TargetLength;

    /// <summary>A question's tokens, and the answers that are right.</summary>
    public (long[] Input, IReadOnlyList<string> Answers) At(long index)
    {
        var (task, number) = tasks.Validation(index);
        var example = task.Validation(number);
        return (Array.ConvertAll(tokens.Of(example).Input, token => (long)token), example.Targets);
    }
}
