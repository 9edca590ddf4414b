using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Jobs;

/// <summary>Results as JSON lines, after a first line that names what they are of; written as they come, so that work that was killed goes on. Thread-safe.</summary>
/// <typeparam name="T">A result.</typeparam>
public class ResumableFile<T> : IDisposable
    where T : class
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
    };

    private readonly Lock _lock = new();
    private readonly string? _path;
    private readonly string _first;
    private readonly string _what;
    private readonly Func<T, long> _number;
    private readonly SortedDictionary<long, T> _results = [];
    private FileStream? _stream;

    /// <summary>Opens a file and reads what is there; what a killed writer left of a line goes.</summary>
    /// <param name="path">The file; null keeps results in memory.</param>
    /// <param name="field">Of which field of a request the file is, as errors name it.</param>
    /// <param name="what">What a result is, as errors name it.</param>
    /// <param name="header">Names the work; a file with another is refused.</param>
    /// <param name="others">What another header says, as errors name it.</param>
    /// <param name="number">A result's own number.</param>
    /// <exception cref="BadInputException">The file is of other work, damaged, or cannot be written.</exception>
    protected ResumableFile(string? path, string field, string what, object header, string others, Func<T, long> number)
    {
        (_path, _what, _number) = (path, what, number);
        _first = JsonSerializer.Serialize(header, s_json);
        if (path is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            Load(path, $"{field}: {path} holds {others}; name another, or remove it.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            _stream?.Dispose();
            throw error as BadInputException ?? new BadInputException($"{field}: {path} cannot be written: {error.Message.TrimEnd('.')}; name another.", error);
        }
    }

    /// <summary>The results so far, in the order of their numbers.</summary>
    public IReadOnlyCollection<T> Results
    {
        get
        {
            lock (_lock)
            {
                return [.. _results.Values];
            }
        }
    }

    /// <summary>Whether a result is there.</summary>
    public bool Has(long number)
    {
        lock (_lock)
        {
            return _results.ContainsKey(number);
        }
    }

    /// <summary>Takes results, which are in the file when this returns.</summary>
    public void Add(params IEnumerable<T> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        lock (_lock)
        {
            foreach (var result in results)
            {
                _results.Add(_number(result), result);
                Write(JsonSerializer.Serialize(result, s_json));
            }

            _stream?.Flush();
        }
    }

    /// <summary>Puts the lines in order, the file changing in one step.</summary>
    public void Finish()
    {
        if (_path is null || _stream is null)
        {
            return;
        }

        _stream.Dispose();
        _stream = null;
        var ordered = _path + ".partial";
        File.WriteAllLines(ordered, _results.Values.Select(result => JsonSerializer.Serialize(result, s_json)).Prepend(_first));
        File.Move(ordered, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The results of a file that stays as it is, in its order; an unfinished last line is left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="field">Of which field of a request the file is, as errors name it.</param>
    /// <param name="what">What a result is, as errors name it.</param>
    /// <exception cref="BadInputException">The file cannot be read, or is damaged.</exception>
    protected static IReadOnlyList<T> ReadResults(string path, string field, string what)
    {
        try
        {
            var text = PackedFile.ReadAllText(path);
            return [.. Parse(path, what, text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))];
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{field}: there is no file {path}; name another.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new BadInputException($"{field}: {path} cannot be read: {error.Message.TrimEnd('.')}; name another.", error);
        }
    }

    /// <summary>What the first line of a file says.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="JsonException">It is no header.</exception>
    protected static THeader ReadHeader<THeader>(string path) =>
        JsonSerializer.Deserialize<THeader>(File.ReadLines(path).FirstOrDefault() ?? "", s_json) ?? throw new JsonException("it is null");

    /// <summary>Closes the file.</summary>
    protected virtual void Dispose(bool disposing) => _stream?.Dispose();

    private void Load(string path, string refusal)
    {
        var bytes = new byte[_stream!.Length];
        _stream.ReadExactly(bytes);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        var lines = Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0)
        {
            _stream.SetLength(0);
            Write(_first);
            return;
        }

        if (lines[0] != _first)
        {
            throw new BadInputException(refusal);
        }

        foreach (var result in Parse(path, _what, lines))
        {
            _results[_number(result)] = result;
        }

        _stream.SetLength(whole);
        _stream.Seek(0, SeekOrigin.End);
    }

    private static IEnumerable<T> Parse(string path, string what, string[] lines)
    {
        for (var i = 1; i < lines.Length; i++)
        {
            T result;
            try
            {
                result = JsonSerializer.Deserialize<T>(lines[i], s_json) ?? throw new JsonException("it is null");
            }
            catch (JsonException)
            {
                throw new BadInputException($"{path}:{i + 1} is not {what}; remove the line, or the file.");
            }

            yield return result;
        }
    }

    private void Write(string line) => _stream?.Write(Encoding.UTF8.GetBytes(line + "\n"));
}
