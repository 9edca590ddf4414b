using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;

namespace Orchestrator.Training.Data.Tasks;

/// <summary>Makes microbatches of tasks' examples: a pure function of the tasks and of the samples asked for. Thread-safe.</summary>
/// <remarks>Rows are as long as the microbatch's longest, so that short examples cost little.</remarks>
public sealed class TaskMicrobatches : IMicrobatchSource
{
    // Lengths are multiples of this: products of matrices like it, and the shapes that come up are fewer.
    private const int LengthStep = 8;

    private readonly TaskTokens _tokens;
    private readonly Func<long, long, TaskExample> _example;
    private readonly int _rows;

    private TaskMicrobatches(TaskTokens tokens, int rows, long count, Func<long, long, TaskExample> example)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        _tokens = tokens;
        _rows = rows;
        _example = example;
        SampleCount = count;
    }

    /// <inheritdoc/>
    public long SampleCount { get; }

    /// <inheritdoc/>
    public int TargetLength => _tokens.TargetLength;

    /// <summary>What is trained on.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="tokens">How their texts become tokens.</param>
    /// <param name="rows">Examples of a microbatch.</param>
    public static TaskMicrobatches ToTrain(TaskSet tasks, TaskTokens tokens, int rows) => new(tokens, rows, tasks.TrainCount, (epoch, index) =>
    {
        var (task, number) = tasks.Train(epoch, index);
        return task.Train(number);
    });

    /// <summary>What is measured on; every epoch is as the first.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="tokens">How their texts become tokens.</param>
    /// <param name="rows">Examples of a microbatch.</param>
    public static TaskMicrobatches ToMeasure(TaskSet tasks, TaskTokens tokens, int rows) => new(tokens, rows, tasks.ValidationCount, (_, index) =>
    {
        var (task, number) = tasks.Validation(index);
        return task.Validation(number);
    });

    /// <inheritdoc/>
    public Microbatch Make(long step, IReadOnlyList<SampleRange> samples, int slot)
    {
        var rows = new (int[] Input, int[] Target)[_rows];
        for (var row = 0; row < _rows; row++)
        {
            var (epoch, index) = StepSamples.Locate(samples, ((long)slot * _rows) + row);
            rows[row] = _tokens.Of(_example(epoch, index));
        }

        var (inputLength, inputs) = Padded([.. rows.Select(row => row.Input)]);
        var (targetLength, targets) = Padded([.. rows.Select(row => row.Target)]);
        return new Microbatch(step, slot, new TokenBatch(_rows, inputLength, targetLength, inputs, targets));
    }

    private static (int Length, long[] Tokens) Padded(int[][] rows)
    {
        var length = (rows.Max(row => row.Length) + LengthStep - 1) / LengthStep * LengthStep;
        var tokens = new long[rows.Length * length];
        for (var row = 0; row < rows.Length; row++)
        {
            Array.ConvertAll(rows[row], token => (long)token).CopyTo(tokens, row * length);
        }

        return (length, tokens);
    }
}
