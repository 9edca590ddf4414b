using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>A file of examples, read through once: every line is known to be an example, and any can be read again. Thread-safe.</summary>
/// <remarks>Eight bytes an example stay in memory.</remarks>
public sealed class TaskFile : IDisposable
{
    private const int LongestLine = 16 << 20;

    private readonly TaskFormat _format;
    private readonly IReadOnlyList<string> _columns;
    private readonly long[] _starts;
    private readonly SafeFileHandle _handle;
    private readonly int _firstLine;

    private TaskFile(string path, TaskFormat format, IReadOnlyList<string> columns, long[] starts, string digest)
    {
        Path = path;
        Digest = digest;
        _format = format;
        _columns = columns;
        _starts = starts;
        _firstLine = format.HasHeader(path) ? 2 : 1;
        _handle = File.OpenHandle(path);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Number of examples.</summary>
    public long Count => _starts.Length - 1;

    /// <summary>SHA-256 of its bytes, lower-case hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>Reads a file through.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">The task's format.</param>
    /// <param name="field">The spec's field that names it, for errors.</param>
    /// <exception cref="BadInputException">It cannot be read, or a line is no example; the message names file, line and field.</exception>
    public static TaskFile Open(string path, TaskFormat format, string field)
    {
        ArgumentNullException.ThrowIfNull(format);
        try
        {
            return Scan(path, format);
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

    /// <summary>The line of an example, from 1.</summary>
    public long Line(long example) => example + _firstLine;

    /// <summary>Reads an example again.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    /// <exception cref="IOException">The file cannot be read, or has changed.</exception>
    public TaskExample Read(long example)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(example);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(example, Count);
        var line = new byte[_starts[example + 1] - _starts[example]];
        if (RandomAccess.Read(_handle, line, _starts[example]) != line.Length)
        {
            throw new IOException($"{Path} is shorter than it was.");
        }

        try
        {
            return _format.Read(Path, TrimEnd(line), _columns);
        }
        catch (FormatException error)
        {
            throw new IOException($"{Path}:{Line(example)} has changed since it was checked: it {error.Message}.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static TaskFile Scan(string path, TaskFormat format)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IReadOnlyList<string>? columns = null;
        var starts = new List<long>();
        var (buffer, held, at, number, empty) = (new byte[1 << 20], 0, 0L, 0L, 0L);
        try
        {
            while (true)
            {
                var read = file.Read(buffer.AsSpan(held));
                hash.AppendData(buffer, held, read);
                held += read;
                var taken = Lines(buffer.AsSpan(0, held), ended: read == 0);
                at += taken;
                held -= taken;
                buffer.AsSpan(taken, held).CopyTo(buffer);
                if (read == 0)
                {
                    break;
                }

                if (held == LongestLine)
                {
                    number++;
                    throw new FormatException($"is longer than {LongestLine} bytes");
                }

                if (held == buffer.Length)
                {
                    Array.Resize(ref buffer, 2 * held);
                }
            }

            number = 1;
            columns ??= format.HasHeader(path) ? throw new FormatException("must name the columns; the file is empty") : [];
        }
        catch (FormatException error)
        {
            throw new BadInputException($"{path}:{number}: the line {error.Message}.", error);
        }

        if (starts.Count == 0)
        {
            throw new BadInputException($"{path} holds no examples.");
        }

        starts.Add(at);
        return new TaskFile(path, format, columns, [.. starts], Convert.ToHexStringLower(hash.GetHashAndReset()));

        int Lines(ReadOnlySpan<byte> bytes, bool ended)
        {
            var taken = 0;
            while (taken < bytes.Length)
            {
                var length = bytes[taken..].IndexOf((byte)'\n');
                if (length < 0 && !ended)
                {
                    break;
                }

                var next = length < 0 ? bytes.Length : taken + length + 1;
                number++;
                Take(TrimEnd(bytes[taken..next]), at + taken);
                taken = next;
            }

            return taken;
        }

        void Take(ReadOnlySpan<byte> line, long start)
        {
            if (line.IsEmpty)
            {
                empty = empty == 0 ? number : empty;
                return;
            }

            if (empty > 0)
            {
                number = empty;
                throw new FormatException("is empty; remove it");
            }

            if (columns is null)
            {
                var first = format.HasHeader(path);
                columns = first ? format.Columns(line) : path.EndsWith(".tsv", StringComparison.Ordinal) ? format.Columns() : [];
                if (first)
                {
                    return;
                }
            }

            format.Read(path, line, columns);
            starts.Add(start);
        }
    }

    private static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> line) => line.TrimEnd("\r\n"u8);
}
