using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Data.Tasks;

/// <summary>Makes microbatches of a corpus's samples and tasks' examples: a pure function of both and of the samples asked for. Thread-safe.</summary>
/// <remarks>A row is a sample of the corpus, or holds examples: one, or packed several. None holds both (Allen-Zhu and Li 2023, section 2.2: each window is all of one kind).</remarks>
internal sealed class MixedMicrobatches : IMicrobatchSource
{
    private readonly MicrobatchMaker _corpus;
    private readonly TaskTokens _tokens;
    private readonly CorpusAmongTasks _draws;
    private readonly TaskLayout _layout;
    private readonly int _rows;

    /// <summary>What is trained on.</summary>
    /// <param name="corpus">Makes the corpus's rows.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="tokens">How their texts become tokens.</param>
    /// <param name="spec">The run.</param>
    public MixedMicrobatches(MicrobatchMaker corpus, TaskSet tasks, TaskTokens tokens, RunSpec spec)
    {
        (_corpus, _tokens, _layout, _rows) = (corpus, tokens, TaskLayout.Of(spec, tokens), spec.Batch.Microbatch);
        _draws = new CorpusAmongTasks(tasks, corpus.SampleCount, spec.Data);
    }

    /// <inheritdoc/>
    public long SampleCount => _draws.Count;

    /// <inheritdoc/>
    public int TargetLength => Math.Max(_corpus.TargetLength, _layout.LongestTarget(_tokens.InputLength, _tokens.TargetLength));

    /// <inheritdoc/>
    public Microbatch Make(long step, IReadOnlyList<SampleRange> samples, int slot)
    {
        var (windows, examples) = (new List<(long Epoch, long Index)>(), new List<(int[] Input, int[] Target)>());
        for (var row = 0; row < _rows; row++)
        {
            var (epoch, index) = StepSamples.Locate(samples, ((long)slot * _rows) + row);
            var draw = _draws.At(epoch, index);
            if (draw.Task is { } task)
            {
                examples.Add(_tokens.Of(task.Train(draw.Place)));
            }
            else
            {
                windows.Add((draw.Pass, draw.Place));
            }
        }

        return new Microbatch(step, slot, (windows.Count, examples.Count) switch
        {
            (_, 0) => _corpus.Rows(windows),
            (0, _) => TaskBatch.Of(examples, _layout),
            _ => StackedRows.Of(_corpus.Rows(windows), TaskBatch.Of(examples, _layout)),
        });
    }
}
