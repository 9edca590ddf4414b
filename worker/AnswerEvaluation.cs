using System.Text;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Data.Tasks;
using Orchestrator.Training.Knowledge;

namespace Orchestrator.Worker;

/// <summary>A metric of a model's answers to held-out questions, measured by all ranks together: each answers its share and hears the others' answers.</summary>
internal static unsafe class AnswerEvaluation
{
    private const int RowsAtOnce = 16;

    /// <summary>Answers the first questions greedily. What a row's answer is does not depend on the rows beside it, so the value is the same on any world size.</summary>
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
        int First(int rank) => (int)((long)count * rank / communicator.WorldSize);

        var own = Enumerable.Range(First(communicator.Rank), First(communicator.Rank + 1) - First(communicator.Rank))
            .Chunk(RowsAtOnce)
            .SelectMany(chunk => Answer(generator, questions, chunk))
            .Select(Encoding.UTF8.GetBytes)
            .ToArray();

        using var lengths = new UnmanagedBuffer(Math.Max(1, count) * sizeof(int));
        var length = new Span<int>(lengths.Start, count);
        for (var i = 0; i < own.Length; i++)
        {
            length[First(communicator.Rank) + i] = own[i].Length;
        }

        var ranks = Enumerable.Range(0, communicator.WorldSize).ToArray();
        communicator.AllGather(lengths.Start, [.. ranks.Select(rank => (long)(First(rank + 1) - First(rank)) * sizeof(int))]);

        var ends = new long[count + 1];
        for (var i = 0; i < count; i++)
        {
            ends[i + 1] = ends[i] + length[i];
        }

        using var texts = new UnmanagedBuffer(Math.Max(1, ends[count]));
        var at = ends[First(communicator.Rank)];
        foreach (var answer in own)
        {
            answer.CopyTo(new Span<byte>((byte*)texts.Start + at, answer.Length));
            at += answer.Length;
        }

        communicator.AllGather(texts.Start, [.. ranks.Select(rank => ends[First(rank + 1)] - ends[First(rank)])]);
        var answers = Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetString((byte*)texts.Start + ends[i], (int)(ends[i + 1] - ends[i]))).ToArray();
        return (TextMetrics.Named(metric).Score(answers, [.. Enumerable.Range(0, count).Select(i => questions.At(i).Answers)]), count);
    }

    private static IEnumerable<string> Answer(TextGenerator generator, TaskQuestions questions, int[] numbers) =>
        generator.Generate(
            [.. numbers.Select(number => ((long)number, questions.At(number).Input))],
            new GenerationOptions { MaxTokens = questions.LongestAnswer }).Select(answer => answer.Text);
}
