using System.Globalization;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>A task with its files read through. Thread-safe.</summary>
public sealed class TaskData : IDisposable
{
    private readonly IReadOnlyList<TaskFile> _train;
    private readonly IReadOnlyList<TaskFile> _validation;
    private readonly HeldOutSplit _split;

    private TaskData(TaskSpec spec, IReadOnlyList<TaskFile> train, IReadOnlyList<TaskFile> validation, string field)
    {
        Spec = spec;
        _train = train;
        _validation = validation;
        _split = validation.Count == 0 && spec.HeldOut == 0 && ClosedBookTask.Find(spec.Dataset) is { TrainsOnAll: false } dataset
            ? Published(dataset, train, field)
            : new HeldOutSplit(train.Sum(file => file.Count), validation.Count > 0 ? 0 : spec.HeldOut);
        Notes = [.. new[] { Note(train, $"{field}.train"), Note(validation, $"{field}.validation") }.OfType<string>()];
    }

    /// <summary>The task.</summary>
    public TaskSpec Spec { get; }

    /// <summary>Examples to train on.</summary>
    public long TrainCount => _split.Train;

    /// <summary>Examples to be measured on; may be none.</summary>
    public long ValidationCount => _validation.Count > 0 ? _validation.Sum(file => file.Count) : _split.HeldOut;

    /// <summary>Sentences where the files of a published data set hold other numbers of rows than are published.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Digests of the files to train on.</summary>
    public IEnumerable<string> TrainDigests => _train.Select(file => file.Digest);

    /// <summary>Reads a task's files through.</summary>
    /// <param name="spec">The task.</param>
    /// <param name="field">Its place in the spec, for errors.</param>
    /// <exception cref="BadInputException">A file cannot be read, or a line is no example; the message names file, line and field.</exception>
    public static TaskData Open(TaskSpec spec, string field)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var format = new TaskFormat(spec);
        var files = new List<TaskFile>();
        try
        {
            var paths = spec.Train.Select(path => (path, "train")).Concat(spec.Validation.Select(path => (path, "validation")));
            foreach (var (path, which) in paths)
            {
                files.Add(TaskFile.Open(path, format, $"{field}.{which}"));
            }

            return new TaskData(spec, files[..spec.Train.Count], files[spec.Train.Count..], field);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>An example to train on, by its number below <see cref="TrainCount"/>.</summary>
    public TaskExample Train(long number) => Read(TrainPlace(number));

    /// <summary>An example to be measured on, by its number below <see cref="ValidationCount"/>.</summary>
    public TaskExample Validation(long number) => Read(ValidationPlace(number));

    /// <summary>Where an example to train on stands: file and line.</summary>
    public string WhereTrain(long number) => Where(TrainPlace(number));

    /// <summary>Where an example to be measured on stands: file and line.</summary>
    public string WhereValidation(long number) => Where(ValidationPlace(number));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _train.Concat(_validation))
        {
            file.Dispose();
        }
    }

    private string? Note(IReadOnlyList<TaskFile> files, string field) => files.Count == 0 || ClosedBookTask.Find(Spec.Dataset) is not { } published
        ? null
        : published.Rows.Note(files.Count == 1 ? files[0].Path : field, files.Sum(file => file.Records), published.Title);

    // The published split is one of rows: those that hold no example count too.
    private static HeldOutSplit Published(ClosedBookTask dataset, IReadOnlyList<TaskFile> train, string field)
    {
        var (rows, records) = (dataset.Rows, train.Sum(file => file.Records));
        return records == rows.Train
            ? new HeldOutSplit((Example(rows.Trained.First), Example(rows.Trained.End)), (Example(rows.HeldOut.First), Example(rows.HeldOut.End)))
            : throw new BadInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"{field}.train: the files hold {records} rows, but the rows that {dataset.Name} holds out are a part of the published {rows.Train}; name all of them, or give validation files or held_out: 0.1."));

        long Example(long row)
        {
            var examples = 0L;
            foreach (var file in train)
            {
                examples += file.ExamplesBefore(Math.Min(row, file.Records));
                row -= Math.Min(row, file.Records);
            }

            return examples;
        }
    }

    private static TaskExample Read((TaskFile File, long Example) place) => place.File.Read(place.Example);

    private static string Where((TaskFile File, long Example) place) => place.File.Where(place.Example);

    private static (TaskFile File, long Example) Find(IReadOnlyList<TaskFile> files, long example)
    {
        foreach (var file in files)
        {
            if (example < file.Count)
            {
                return (file, example);
            }

            example -= file.Count;
        }

        throw new ArgumentOutOfRangeException(nameof(example), example, "The files hold fewer examples.");
    }

    private (TaskFile File, long Example) TrainPlace(long number) => Find(_train, _split.TrainExample(number));

    private (TaskFile File, long Example) ValidationPlace(long number) =>
        _validation.Count > 0 ? Find(_validation, number) : Find(_train, _split.HeldOutExample(number));
}
