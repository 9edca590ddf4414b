namespace Orchestrator.Training.Data.Tasks;

/// <summary>Lays examples out as rows of a batch: a pure function of the examples and their order.</summary>
internal static class TaskBatch
{
    // Lengths are multiples of this: products of matrices like it, and the shapes that come up are fewer.
    private const int LengthStep = 8;

    /// <summary>A batch whose rows are as long as its longest.</summary>
    /// <param name="examples">Inputs and targets, each with its end.</param>
    /// <param name="room">Tokens of inputs and of targets that a packed row holds at most; null: each example has a row of its own.</param>
    /// <param name="decoderAlone">Whether input and target are one text, of which the target counts, as a model without encoder has it.</param>
    public static TokenBatch Of(IReadOnlyList<(int[] Input, int[] Target)> examples, (int Inputs, int Targets)? room, bool decoderAlone)
    {
        var parts = examples.Select(example => decoderAlone
            ? new Part([], [.. example.Input, .. example.Target], example.Input.Length)
            : new Part(example.Input, example.Target, 0)).ToArray();
        var limit = room is { } both && decoderAlone ? (Inputs: 0, Targets: both.Inputs + both.Targets) : room;
        var rows = Rows(parts, limit);
        var (inputLength, targetLength) = (Length(rows, part => part.Input.Length), Length(rows, part => part.Target.Length));
        var inputs = new long[rows.Count * inputLength];
        var targets = new long[rows.Count * targetLength];
        var inputSegments = room is null || decoderAlone ? null : new long[inputs.Length];
        var targetSegments = room is null ? null : new long[targets.Length];
        var mask = decoderAlone ? new byte[targets.Length] : null;
        foreach (var (row, content) in rows.Index())
        {
            var (input, target) = (row * inputLength, row * targetLength);
            foreach (var (number, part) in content.Index())
            {
                Array.ConvertAll(part.Input, token => (long)token).CopyTo(inputs, input);
                Array.ConvertAll(part.Target, token => (long)token).CopyTo(targets, target);
                inputSegments?.AsSpan(input, part.Input.Length).Fill(number + 1);
                targetSegments?.AsSpan(target, part.Target.Length).Fill(number + 1);
                mask?.AsSpan(target + part.Uncounted, part.Target.Length - part.Uncounted).Fill(1);
                input += part.Input.Length;
                target += part.Target.Length;
            }
        }

        return new TokenBatch(
            rows.Count, inputLength, targetLength, inputs, targets, TargetMask: mask, InputSegments: inputSegments, TargetSegments: targetSegments);
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
    /// <param name="Uncounted">Target tokens at the beginning that do not count in the loss.</param>
    private sealed record Part(int[] Input, int[] Target, int Uncounted);
}
