using Microsoft.Win32.SafeHandles;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>A file of examples, read through once: every record is known to be one, and any can be read again. Thread-safe.</summary>
/// <remarks>Eight bytes a record stay in memory, sixteen where a record may have several examples or none; of a packed file the examples do.</remarks>
public sealed class TaskFile : IDisposable
{
    private readonly bool _isArray;
    private readonly TaskFormat _format;
    private readonly TaskColumns? _columns;
    private readonly long[] _starts;
    private readonly long[]? _firsts;
    private readonly List<TaskExample>? _examples;
    private readonly SafeFileHandle? _handle;

    private TaskFile(string path, TaskFormat format, TaskScan scan, bool isArray, long end, string digest)
    {
        _isArray = isArray;
        Path = path;
        Digest = digest;
        Count = scan.Count;
        _format = format;
        _columns = scan.Columns;
        _starts = [.. scan.Starts, scan.End ?? end];
        _firsts = scan.Firsts is null ? null : [.. scan.Firsts, scan.Count];
        _examples = scan.Examples;
        _handle = _examples is null ? File.OpenHandle(path) : null;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Number of examples.</summary>
    public long Count { get; }

    /// <summary>Number of records: lines, or entries of an array.</summary>
    public long Records => _starts.Length - 1;

    /// <summary>SHA-256 of its bytes, those that a packed file holds, lower-case hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>Reads a file through.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">The task's format.</param>
    /// <param name="field">What names the file, for errors: a spec's field or an option.</param>
    /// <param name="limit">The first so many examples; null: all.</param>
    /// <exception cref="BadInputException">It cannot be read, or records are no examples; the message names file, line and field of each.</exception>
    public static TaskFile Open(string path, TaskFormat format, string field, long? limit = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(format);
        try
        {
            var isArray = TaskRecords.IsArray(path);
            var scan = new TaskScan(path, format, limit, isArray, keeps: PackedFile.Is(path));
            var (end, digest) = TaskRecords.Read(path, isArray, scan.Take);
            scan.Require();
            return new TaskFile(path, format, scan, isArray, end, digest);
        }
        catch (FormatException error)
        {
            throw new BadInputException(path + error.Message, error);
        }
        catch (InvalidDataException error)
        {
            throw new BadInputException($"{field}: {path} is packed and cannot be unpacked: {error.Message}; fetch or pack it again.", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{field}: there is no file {path}.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{field}: {path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The line of an example, from 1; in a file that is an array, its entry.</summary>
    public long Line(long example) => PlaceOf(example).Record + (_columns is { AreNamed: true } ? 2 : 1);

    /// <summary>Where an example stands, for people: file and line, or file and entry.</summary>
    public string Where(long example) => _isArray ? $"{Path}, entry {Line(example)}" : $"{Path}:{Line(example)}";

    /// <summary>The examples of the first so many records.</summary>
    public long ExamplesBefore(long record) => _firsts is null ? record : _firsts[record];

    /// <summary>Reads an example again.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    /// <exception cref="IOException">The file cannot be read, or has changed.</exception>
    public TaskExample Read(long example)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(example);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(example, Count);
        if (_examples is not null)
        {
            return _examples[(int)example];
        }

        var (record, part) = PlaceOf(example);
        var bytes = new byte[_starts[record + 1] - _starts[record]];
        if (RandomAccess.Read(_handle!, bytes, _starts[record]) != bytes.Length)
        {
            throw new IOException($"{Path} is shorter than it was.");
        }

        try
        {
            // Between the entries of an array there is a comma.
            return _format.Read(bytes.AsSpan().TrimEnd(_columns is null ? ", \t\r\n"u8 : "\r\n"u8), _columns)[part];
        }
        catch (Exception error) when (error is FormatException or ArgumentOutOfRangeException)
        {
            throw new IOException($"{Where(example)} has changed since it was checked: it {error.Message}.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();

    private (long Record, int Part) PlaceOf(long example)
    {
        if (_firsts is null)
        {
            return (example, 0);
        }

        var record = Array.BinarySearch(_firsts, example);
        if (record < 0)
        {
            return (~record - 1, (int)(example - _firsts[~record - 1]));
        }

        // A record without examples begins where the next one does.
        while (_firsts[record + 1] == example)
        {
            record++;
        }

        return (record, 0);
    }
}
