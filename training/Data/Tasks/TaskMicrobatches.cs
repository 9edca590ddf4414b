using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Data.Tasks;

/// <summary>Makes microbatches of tasks' examples: a pure function of the tasks and of the samples asked for. Thread-safe.</summary>
/// <remarks>Rows are as long as the microbatch's longest, so that short examples cost little; packed, several share a row.</remarks>
public sealed class TaskMicrobatches : IMicrobatchSource
{
    private readonly TaskTokens _tokens;
    private readonly Func<long, long, TaskExample> _example;
    private readonly int _rows;
    private readonly TaskLayout _layout;

    private TaskMicrobatches(TaskTokens tokens, RunSpec spec, long count, Func<long, long, TaskExample> example)
    {
        _tokens = tokens;
        _rows = spec.Batch.Microbatch;
        _layout = TaskLayout.Of(spec, tokens);
        _example = example;
        SampleCount = count;
    }

    /// <inheritdoc/>
    public long SampleCount { get; }

    /// <inheritdoc/>
    public int TargetLength => _layout.LongestTarget(_tokens.InputLength, _tokens.TargetLength);

    /// <summary>What is trained on.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="tokens">How their texts become tokens.</param>
    /// <param name="spec">The run.</param>
    public static TaskMicrobatches ToTrain(TaskSet tasks, TaskTokens tokens, RunSpec spec) => new(tokens, spec, tasks.TrainCount, (epoch, index) =>
    {
        var (task, number) = tasks.Train(epoch, index);
        return task.Train(number);
    });

    /// <summary>What is measured on; every epoch is as the first.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="tokens">How their texts become tokens.</param>
    /// <param name="spec">The run.</param>
    public static TaskMicrobatches ToMeasure(TaskSet tasks, TaskTokens tokens, RunSpec spec) => new(tokens, spec, tasks.ValidationCount, (_, index) =>
    {
        var (task, number) = tasks.Validation(index);
        return task.Validation(number);
    });

    /// <inheritdoc/>
    public Microbatch Make(long step, IReadOnlyList<SampleRange> samples, int slot)
    {
        var examples = new (int[] Input, int[] Target)[StepSamples.RowsOf(samples, slot, _rows)];
        for (var row = 0; row < examples.Length; row++)
        {
            var (epoch, index) = StepSamples.Locate(samples, ((long)slot * _rows) + row);
            examples[row] = _tokens.Of(_example(epoch, index));
        }

        return new Microbatch(step, slot, TaskBatch.Of(examples, _layout));
    }
}
