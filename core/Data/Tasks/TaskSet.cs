using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>A spec's tasks with their files read through, and the order in which a run draws from them. Thread-safe.</summary>
/// <remarks>
/// The d-th draw of a task with n examples is the (d mod n)-th of pass d / n over them, each pass in an order of its own: no example is drawn
/// a time more before every other of its task has been.
/// </remarks>
public sealed class TaskSet : IDisposable
{
    private readonly SampleOrder[] _orders;
    private readonly TaskMixture _mixture;
    private readonly TaskMixture _validation;
    private readonly SampleOrder?[] _validationOrders;

    private TaskSet(IReadOnlyList<TaskData> tasks, RunSpec spec, string vocabularyDigest)
    {
        Tasks = tasks;
        var counts = tasks.Select(task => task.TrainCount).ToArray();
        var rates = TaskMixture.Rates(spec.Data.Mixture, spec.Data.Tasks, counts);
        _mixture = new TaskMixture(TaskMixture.Divide(rates, counts.Sum()));
        _orders = [.. tasks.Select(task => new SampleOrder(Seed(spec.Seed, task.Spec.Name), task.TrainCount))];
        _validation = new TaskMixture([.. tasks.Select(task => task.ValidationCount)]);
        _validationOrders = [.. tasks.Select(task => task.ValidationCount > 0 ? new SampleOrder(0, task.ValidationCount) : null)];
        var content = string.Join('\n', tasks.SelectMany(task => task.TrainDigests.Prepend(task.Spec.Name)).Prepend(vocabularyDigest).Prepend("tasks 1"));
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
    }

    /// <summary>The tasks, as the spec has them.</summary>
    public IReadOnlyList<TaskData> Tasks { get; }

    /// <summary>Draws an epoch: as many as there are examples to train on.</summary>
    public long TrainCount => _mixture.Count;

    /// <summary>Examples to be measured on.</summary>
    public long ValidationCount => _validation.Count;

    /// <summary>Each task's draws an epoch.</summary>
    public IReadOnlyList<long> Quotas => _mixture.Quotas;

    /// <summary>Identifies what is trained on: the files' and the vocabulary's content.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads the files of a spec's tasks through.</summary>
    /// <exception cref="BadInputException">Files are missing (all are named), a line is no example, or nothing is held out; the message names the field.</exception>
    public static TaskSet Open(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        RequireFiles(spec.Data);
        var tasks = new List<TaskData>();
        try
        {
            foreach (var (place, task) in spec.Data.Tasks.Index())
            {
                tasks.Add(TaskData.Open(task, Field(place)));
            }

            return tasks.Any(task => task.ValidationCount > 0)
                ? new TaskSet(tasks, spec, DigestOf(spec.Data.Vocabulary))
                : throw new BadInputException(
                    "data.tasks: no task has anything to be measured on, or only one example to hold out of; give one of them validation files or held_out: 0.05.");
        }
        catch
        {
            tasks.ForEach(task => task.Dispose());
            throw;
        }
    }

    /// <summary>The example at a place of an epoch of training: its task, and its number in the task.</summary>
    public (TaskData Task, long Number) Train(long epoch, long index)
    {
        return At(_mixture.At(epoch, index));
    }

    /// <summary>The example that is a task's so-manieth draw.</summary>
    public (TaskData Task, long Number) At(TaskDraw draw)
    {
        var (pass, place) = Math.DivRem(draw.Draw, _orders[draw.Task].Count);
        return (Tasks[draw.Task], _orders[draw.Task].At(pass, place));
    }

    /// <summary>The example at a place of the order of measuring, the same for every run: each once, the tasks by their numbers of examples.</summary>
    public (TaskData Task, long Number) Validation(long index)
    {
        var draw = _validation.At(0, index);
        return (Tasks[draw.Task], _validationOrders[draw.Task]!.At(0, draw.Draw));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var task in Tasks)
        {
            task.Dispose();
        }
    }

    private static void RequireFiles(DataSpec data)
    {
        var named = data.Tasks.Index().SelectMany(task =>
            task.Item.Train.Select(path => (Field: $"{Field(task.Index)}.train", Path: path))
                .Concat(task.Item.Validation.Select(path => (Field: $"{Field(task.Index)}.validation", Path: path))));
        var missing = named.Append(("data.vocabulary", data.Vocabulary)).Where(file => !File.Exists(file.Item2)).ToArray();
        if (missing.Length > 0)
        {
            throw new BadInputException(string.Join('\n', missing.Select(file => $"{file.Item1}: there is no file {file.Item2}.")));
        }
    }

    private static string DigestOf(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"data.vocabulary: {path} cannot be read: {error.Message}", error);
        }
    }

    private static long Seed(long seed, string name) =>
        unchecked((long)SeededRandom.Combine([0x5441534B, (ulong)seed, .. name.Select(c => (ulong)c)]));

    private static string Field(int place) => string.Create(CultureInfo.InvariantCulture, $"data.tasks[{place}]");
}
