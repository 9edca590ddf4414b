using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Knowledge;

namespace Orchestrator.Worker;

/// <summary>A model's answers, made by all ranks together: each answers its share and hears the others' answers.</summary>
internal static unsafe class SharedAnswers
{
    private const int RowsAtOnce = 16;

    /// <summary>Answers questions greedily. What an answer is does not depend on the rows beside it, so it is the same on any world size.</summary>
    /// <param name="generator">The model, as it is now.</param>
    /// <param name="count">How many questions there are.</param>
    /// <param name="question">A question's tokens by its number.</param>
    /// <param name="maxTokens">Tokens of an answer at most, its end included.</param>
    /// <param name="communicator">The ranks.</param>
    /// <returns>Each answer, and the log-probability of all its tokens together, nats.</returns>
    /// <exception cref="PeerLostException">A peer was lost.</exception>
    public static (string Text, double LogProbability)[] Ask(TextGenerator generator, int count, Func<int, long[]> question, int maxTokens, ICommunicator communicator)
    {
        int First(int rank) => (int)((long)count * rank / communicator.WorldSize);
        var first = First(communicator.Rank);
        var own = Enumerable.Range(first, First(communicator.Rank + 1) - first)
            .Chunk(RowsAtOnce)
            .SelectMany(chunk => generator.Generate([.. chunk.Select(number => ((long)number, question(number)))], new GenerationOptions { MaxTokens = maxTokens }))
            .Select(answer => (Text: Encoding.UTF8.GetBytes(answer.Text), answer.LogProbability))
            .ToArray();

        using var heads = new UnmanagedBuffer(Math.Max(1, count) * sizeof(Head));
        var head = new Span<Head>(heads.Start, count);
        for (var i = 0; i < own.Length; i++)
        {
            head[first + i] = new Head { Length = own[i].Text.Length, LogProbability = own[i].LogProbability };
        }

        var ranks = Enumerable.Range(0, communicator.WorldSize).ToArray();
        communicator.AllGather(heads.Start, [.. ranks.Select(rank => (long)(First(rank + 1) - First(rank)) * sizeof(Head))]);

        var ends = new long[count + 1];
        for (var i = 0; i < count; i++)
        {
            ends[i + 1] = ends[i] + head[i].Length;
        }

        using var texts = new UnmanagedBuffer(Math.Max(1, ends[count]));
        var at = ends[first];
        foreach (var (text, _) in own)
        {
            text.CopyTo(new Span<byte>((byte*)texts.Start + at, text.Length));
            at += text.Length;
        }

        communicator.AllGather(texts.Start, [.. ranks.Select(rank => ends[First(rank + 1)] - ends[First(rank)])]);
        var answers = new (string, double)[count];
        for (var i = 0; i < count; i++)
        {
            answers[i] = (Encoding.UTF8.GetString((byte*)texts.Start + ends[i], (int)head[i].Length), head[i].LogProbability);
        }

        return answers;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Head
    {
        public long Length;
        public double LogProbability;
    }
}
