using Orchestrator.Core.Evaluation;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Data.Tasks;
using Orchestrator.Training.Knowledge;

namespace Orchestrator.Worker;

/// <summary>A metric of a model's answers to held-out questions, measured by all ranks together.</summary>
internal static class AnswerEvaluation
{
    /// <summary>Answers the first questions greedily. The value is the same on any world size.</summary>
    /// <param name="generator">The model, as it is now.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="metric">A text metric's name.</param>
    /// <param name="limit">Questions at most.</param>
    /// <param name="communicator">The ranks.</param>
    /// <returns>The value, from 0 to 100, and the number of questions.</returns>
    /// <exception cref="PeerLostException">A peer was lost.</exception>
    public static (double Value, long Questions) Measure(
        TextGenerator generator, TaskQuestions questions, string metric, int limit, ICommunicator communicator)
    {
        var count = (int)Math.Min(questions.Count, limit);
        var answers = SharedAnswers.Ask(generator, count, number => questions.At(number).Input, questions.LongestAnswer, communicator);
        return (TextMetrics.Named(metric).Score([.. answers.Select(answer => answer.Text)], [.. Enumerable.Range(0, count).Select(i => questions.At(i).Answers)]), count);
    }
}
