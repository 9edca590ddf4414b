using Orchestrator.Training.Model;
using TorchSharp;

namespace Orchestrator.Tests.Training.Generation;

/// <summary>The slow reference of a beam search: whole sequences, every step computed from the start, log-probabilities in double.</summary>
internal static class PlainBeams
{
    public static long[] Search(T5Model model, long[] input, int beams, int longest, double alpha)
    {
        var running = new List<(long[] Tokens, double Sum)> { ([], 0.0) };
        var ended = new List<(long[] Tokens, double Score)>();
        for (var length = 1; length <= longest; length++)
        {
            var next = running
                .SelectMany(beam => LogProbabilities(model, input, beam.Tokens).Select((value, token) => (Tokens: (long[])[.. beam.Tokens, token], Sum: beam.Sum + value)))
                .OrderByDescending(beam => beam.Sum).Take(2 * beams).ToArray();
            ended.AddRange(next.Take(beams).Where(beam => beam.Tokens[^1] == 1).Select(beam => (beam.Tokens, beam.Sum / Math.Pow(length, alpha))));
            ended = [.. ended.OrderByDescending(beam => beam.Score).Take(beams)];
            running = [.. next.Where(beam => beam.Tokens[^1] != 1).Take(beams)];
            if (ended.Count == beams && ended[^1].Score >= next[0].Sum / Math.Pow(length, alpha))
            {
                return ended[0].Tokens;
            }
        }

        return ended.Concat(running.Select(beam => (beam.Tokens, Score: beam.Sum / Math.Pow(longest, alpha)))).MaxBy(beam => beam.Score).Tokens;
    }

    private static double[] LogProbabilities(T5Model model, long[] input, long[] tokens)
    {
        using var inputs = torch.tensor(input, [1, input.Length]);
        using var targets = torch.tensor((long[])[.. tokens, 2], [1, tokens.Length + 1]);
        using var logits = model.forward(inputs, targets);
        using var last = logits.select(1, tokens.Length);
        var values = TensorMemory.Values<float>(last.contiguous()).ToArray();
        var top = values.Max();
        var logZ = top + Math.Log(values.Sum(value => Math.Exp((double)value - top)));
        return [.. values.Select(value => value - logZ)];
    }
}
