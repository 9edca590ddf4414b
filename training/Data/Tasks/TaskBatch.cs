using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Data.Tasks;

/// <summary>Lays examples out as rows of a batch: a pure function of the examples and their order.</summary>
internal static class TaskBatch
{
    // Lengths are multiples of this: products of matrices like it, and the shapes that come up are fewer.
    private const int LengthStep = 8;

    /// <summary>A batch whose rows are as long as its longest.</summary>
    /// <param name="examples">Inputs and targets, each with its end.</param>
    /// <param name="layout">How the model reads them.</param>
    public static TokenBatch Of(IReadOnlyList<(int[] Input, int[] Target)> examples, TaskLayout layout)
    {
        var (room, decoderAlone, encoderAlone) = (layout.Room, layout.Family == ModelFamily.Gpt, layout.Family == ModelFamily.Bert);
        var parts = examples.Select(example => layout.Family switch
        {
            ModelFamily.Gpt => new Part([], [.. example.Input, .. example.Target], example.Input.Length, example.Input.Length + example.Target.Length),
            ModelFamily.Bert => Restored(example.Input, example.Target, layout.Mask),
            _ => new Part(example.Input, example.Target, 0, example.Target.Length),
        }).ToArray();
        var rows = Rows(parts, layout.Family switch
        {
            ModelFamily.Gpt => room is { } text ? (0, text.Inputs + text.Targets) : null,
            ModelFamily.Bert => room is { } text ? (text.Inputs + text.Targets, text.Inputs + text.Targets) : null,
            _ => room,
        });
        var (inputLength, targetLength) = (Length(rows, part => part.Input.Length), Length(rows, part => part.Target.Length));
        var inputs = new long[rows.Count * inputLength];
        var targets = new long[rows.Count * targetLength];
        var inputSegments = room is null || decoderAlone ? null : new long[inputs.Length];
        var targetSegments = room is null || encoderAlone ? null : new long[targets.Length];
        var mask = decoderAlone || encoderAlone ? new byte[targets.Length] : null;
        foreach (var (row, content) in rows.Index())
        {
            var (input, target) = (row * inputLength, row * targetLength);
            foreach (var (number, part) in content.Index())
            {
                Array.ConvertAll(part.Input, token => (long)token).CopyTo(inputs, input);
                Array.ConvertAll(part.Target, token => (long)token).CopyTo(targets, target);
                inputSegments?.AsSpan(input, part.Input.Length).Fill(number + 1);
                targetSegments?.AsSpan(target, part.Target.Length).Fill(number + 1);
                mask?.AsSpan(target + part.Counted, part.End - part.Counted).Fill(1);
                input += part.Input.Length;
                target += part.Target.Length;
            }
        }

        return new TokenBatch(
            rows.Count, inputLength, targetLength, inputs, targets, TargetMask: mask, InputSegments: inputSegments, TargetSegments: targetSegments);
    }

    // The end of the whole behind the masks; the target's own end is not asked for.
    private static Part Restored(int[] input, int[] target, int mask)
    {
        var (text, answer) = (input[..^1], target[..^1]);
        return new Part(
            [.. text, .. Enumerable.Repeat(mask, answer.Length), input[^1]], [.. new int[text.Length], .. answer, 0], text.Length, text.Length + answer.Length);
    }

    // Each part into the first row that has room for it, in their order.
    private static List<List<Part>> Rows(Part[] parts, (int Inputs, int Targets)? limit)
    {
        var rows = new List<List<Part>>();
        foreach (var part in parts)
        {
            var row = limit is not { } room ? null : rows.Find(content =>
                content.Sum(other => other.Input.Length) + part.Input.Length <= room.Inputs
                && content.Sum(other => other.Target.Length) + part.Target.Length <= room.Targets);
            if (row is null)
            {
                rows.Add([part]);
            }
            else
            {
                row.Add(part);
            }
        }

        return rows;
    }

    private static int Length(List<List<Part>> rows, Func<Part, int> length) =>
        (rows.Max(row => row.Sum(length)) + LengthStep - 1) / LengthStep * LengthStep;

    /// <param name="Input">Encoder tokens.</param>
    /// <param name="Target">Target tokens.</param>
    /// <param name="Counted">The first target token that counts in the loss.</param>
    /// <param name="End">The one behind the last that counts.</param>
    private sealed record Part(int[] Input, int[] Target, int Counted, int End);
}
