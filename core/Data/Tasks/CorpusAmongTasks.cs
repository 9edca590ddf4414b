using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>The order in which a run draws that learns a corpus beside tasks: the corpus is one more task, whose examples are its samples. Thread-safe.</summary>
/// <remarks>An epoch has as many draws as there are examples and samples; tasks and corpus have their shares of them by their rates, see <see cref="TaskMixture"/>.</remarks>
public sealed class CorpusAmongTasks
{
    private readonly TaskSet _tasks;
    private readonly long _samples;
    private readonly TaskMixture _mixture;

    /// <summary>The order of a run.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="samples">Samples of the corpus, at least 1.</param>
    /// <param name="data">Names the rates.</param>
    public CorpusAmongTasks(TaskSet tasks, long samples, DataSpec data)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        (_tasks, _samples) = (tasks, samples);
        long[] counts = [.. tasks.Tasks.Select(task => task.TrainCount), samples];
        var rates = TaskMixture.Rates(data.Mixture, [.. data.Tasks, new TaskSpec { Rate = data.CorpusRate }], counts);
        _mixture = new TaskMixture(TaskMixture.Divide(rates, counts.Sum()));
    }

    /// <summary>Draws an epoch.</summary>
    public long Count => _mixture.Count;

    /// <summary>What is drawn at a place of an epoch.</summary>
    public CorpusOrTask At(long epoch, long index)
    {
        var draw = _mixture.At(epoch, index);
        if (draw.Task < _tasks.Tasks.Count)
        {
            var (task, number) = _tasks.At(draw);
            return new CorpusOrTask(task, Pass: 0, number);
        }

        var (pass, place) = Math.DivRem(draw.Draw, _samples);
        return new CorpusOrTask(Task: null, pass, place);
    }

    /// <summary>Identifies what is trained on: the corpus's content and the tasks'.</summary>
    public static string Fingerprint(string corpus, TaskSet tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"corpus among tasks 1\n{corpus}\n{tasks.Fingerprint}")));
    }
}

/// <summary>A draw of a corpus among tasks.</summary>
/// <param name="Task">The task; null: the corpus.</param>
/// <param name="Pass">Of the corpus: how often all its samples were drawn before.</param>
/// <param name="Place">The task's example, or the place in the order of the corpus's pass.</param>
public readonly record struct CorpusOrTask(TaskData? Task, long Pass, long Place);
