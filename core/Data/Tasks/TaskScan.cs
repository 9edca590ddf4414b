using System.Globalization;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>Checks every record of a file and remembers where they are.</summary>
/// <param name="path">The file.</param>
/// <param name="format">What its records are.</param>
/// <param name="limit">Examples after which no more are looked at; null: none.</param>
/// <param name="isArray">Whether its records are the entries of an array, which have no line of their own.</param>
/// <param name="keeps">Whether examples are kept, for a file in which they cannot be found again.</param>
internal sealed class TaskScan(string path, TaskFormat format, long? limit, bool isArray, bool keeps)
{
    private const int MostProblems = 20;

    private readonly bool _tabs = !TaskFormat.IsJson(path);
    private readonly List<string> _problems = [];
    private long _problemCount;
    private long _empty;

    /// <summary>Where records start.</summary>
    public List<long> Starts { get; } = [];

    /// <summary>The number of each record's first example; null where every record is one.</summary>
    public List<long>? Firsts { get; } = format.IsOneEach ? null : [];

    /// <summary>The examples; null where they are not kept.</summary>
    public List<TaskExample>? Examples { get; } = keeps ? [] : null;

    /// <summary>Examples so far.</summary>
    public long Count { get; private set; }

    /// <summary>Where the first record starts that was not looked at.</summary>
    public long? End { get; private set; }

    /// <summary>The columns of a tab-separated file.</summary>
    public TaskColumns? Columns { get; private set; }

    /// <summary>Takes a record.</summary>
    public void Take(ReadOnlySpan<byte> record, long start, long number)
    {
        if (Count >= limit)
        {
            End ??= start;
            return;
        }

        if (record.IsEmpty)
        {
            _empty = _empty == 0 ? number : _empty;
            return;
        }

        if (_empty > 0)
        {
            Add(_empty, "is empty; remove it");
            _empty = 0;
        }

        try
        {
            if (_tabs && Columns is null)
            {
                Columns = ColumnsOf(record, number);
                if (Columns.AreNamed)
                {
                    return;
                }
            }

            var examples = format.Read(record, Columns);
            Starts.Add(start);
            Firsts?.Add(Count);
            Examples?.AddRange(examples);
            Count += examples.Count;
        }
        catch (FormatException error)
        {
            Add(number, error.Message);
        }
    }

    /// <summary>Refuses a file without examples, or with records that are none.</summary>
    /// <exception cref="BadInputException">It is one; the message locates every fault.</exception>
    public void Require()
    {
        if (_problemCount > 0)
        {
            throw new BadInputException(string.Join('\n', _problems) + (_problemCount > MostProblems ? $"\nand {_problemCount - MostProblems} more" : ""));
        }

        if (Count == 0)
        {
            throw new BadInputException($"{path} holds no {format.Unit}.");
        }
    }

    // Of columns that are not as they must be, no line can be read.
    private TaskColumns ColumnsOf(ReadOnlySpan<byte> first, long number)
    {
        try
        {
            return format.Columns(first);
        }
        catch (FormatException error)
        {
            throw new BadInputException(Sentence(number, error.Message), error);
        }
    }

    private void Add(long number, string problem)
    {
        if (_problemCount++ < MostProblems)
        {
            _problems.Add(Sentence(number, problem));
        }
    }

    private string Sentence(long number, string problem) => isArray
        ? string.Create(CultureInfo.InvariantCulture, $"{path}: entry {number} {problem}.")
        : string.Create(CultureInfo.InvariantCulture, $"{path}:{number}: the line {problem}.");
}
