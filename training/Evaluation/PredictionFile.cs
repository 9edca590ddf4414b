using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core;

namespace Orchestrator.Training.Evaluation;

/// <summary>One prediction.</summary>
/// <param name="Line">The example's line.</param>
/// <param name="Input">What the model read.</param>
/// <param name="Targets">The texts that are right.</param>
/// <param name="Text">What it wrote.</param>
/// <param name="Tokens">Tokens of that, the end included.</param>
/// <param name="LogProbability">Of those tokens together, nats.</param>
public sealed record Prediction(
    long Line, string Input, IReadOnlyList<string> Targets, [property: JsonPropertyName("prediction")] string Text, int Tokens, double LogProbability);

/// <summary>Predictions as JSON lines, after a first line that names what they are of; written as they come, so that an evaluation that was killed goes on.</summary>
public sealed class PredictionFile : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
    };

    private readonly string? _path;
    private readonly string _first;
    private readonly SortedDictionary<long, Prediction> _predictions = [];
    private FileStream? _stream;

    /// <summary>Opens a file and reads what is there; what a killed writer left of a line goes.</summary>
    /// <param name="path">The file; null keeps predictions in memory.</param>
    /// <param name="evaluation">Names the model, the task and how predictions are made.</param>
    /// <exception cref="BadInputException">The file is of another evaluation, damaged, or cannot be written.</exception>
    public PredictionFile(string? path, string evaluation)
    {
        (_path, _first) = (path, JsonSerializer.Serialize(new { evaluation }, s_json));
        if (path is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            Load(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            _stream?.Dispose();
            throw error as BadInputException ?? new BadInputException($"out: {path} cannot be written: {error.Message.TrimEnd('.')}; name another file.", error);
        }
    }

    /// <summary>The predictions so far, in the order of lines.</summary>
    public IReadOnlyCollection<Prediction> Predictions => _predictions.Values;

    /// <summary>Whether an example's prediction is there.</summary>
    public bool Has(long line) => _predictions.ContainsKey(line);

    /// <summary>Takes predictions, which are in the file when this returns.</summary>
    public void Add(IEnumerable<Prediction> predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        foreach (var prediction in predictions)
        {
            _predictions.Add(prediction.Line, prediction);
            Write(JsonSerializer.Serialize(prediction, s_json));
        }

        _stream?.Flush();
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
        File.WriteAllLines(ordered, _predictions.Values.Select(prediction => JsonSerializer.Serialize(prediction, s_json)).Prepend(_first));
        File.Move(ordered, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    private void Load(string path)
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
            throw new BadInputException($"out: {path} holds the predictions of another model, task or way of generating; name another file, or remove it.");
        }

        for (var i = 1; i < lines.Length; i++)
        {
            try
            {
                var prediction = JsonSerializer.Deserialize<Prediction>(lines[i], s_json)!;
                _predictions[prediction.Line] = prediction;
            }
            catch (JsonException)
            {
                throw new BadInputException($"{path}:{i + 1} is not a prediction; remove the line, or the file.");
            }
        }

        _stream.SetLength(whole);
        _stream.Seek(0, SeekOrigin.End);
    }

    private void Write(string line) => _stream?.Write(Encoding.UTF8.GetBytes(line + "\n"));
}
