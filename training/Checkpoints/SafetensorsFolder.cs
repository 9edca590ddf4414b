using System.Text.Json;
using Orchestrator.Core;

namespace Orchestrator.Training.Checkpoints;

/// <summary>The weights of a folder as they are stored: one <c>model.safetensors</c>, or several files with <c>model.safetensors.index.json</c>.</summary>
public sealed class SafetensorsFolder : IDisposable
{
    /// <summary>Name of the only file of weights.</summary>
    public const string SingleFileName = "model.safetensors";

    /// <summary>Name of the file that says which file holds which weight.</summary>
    public const string IndexFileName = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, TensorView> _tensors = new(StringComparer.Ordinal);

    /// <summary>Opens a folder.</summary>
    /// <exception cref="BadInputException">It has no weights in this format, or files that do not agree; the message says what to do.</exception>
    public SafetensorsFolder(string folder)
    {
        Folder = folder;
        try
        {
            Load(folder);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            Dispose();
            throw new BadInputException($"The weights of '{folder}' cannot be read: {error.Message}", error);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Names of the weights, ordinal order.</summary>
    public IReadOnlyList<string> Names => [.. _tensors.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A weight, readable until this is disposed; null where there is none of that name.</summary>
    public TensorView? Find(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    private void Load(string folder)
    {
        var index = Path.Combine(folder, IndexFileName);
        var single = Path.Combine(folder, SingleFileName);
        if (File.Exists(index))
        {
            LoadIndexed(folder, index);
        }
        else if (File.Exists(single))
        {
            var file = Open(single);
            foreach (var place in file.Places)
            {
                _tensors[place.Name] = file[place.Name];
            }
        }
        else
        {
            var pickle = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.bin").Order(StringComparer.Ordinal).FirstOrDefault() : null;
            throw new BadInputException(pickle is null
                ? $"'{folder}' has neither {SingleFileName} nor {IndexFileName}; name a folder that transformers' save_pretrained wrote, or a checkpoint's."
                : $"'{pickle}' is a pickle, which can run code when it is read, so it is not; write safetensors with: python3 -c \"from transformers import T5ForConditionalGeneration as T; T.from_pretrained('{folder}').save_pretrained('NEW_FOLDER', safe_serialization=True)\"");
        }
    }

    private void LoadIndexed(string folder, string index)
    {
        var problems = new List<string>();
        using var json = JsonDocument.Parse(File.ReadAllBytes(index));
        foreach (var group in json.RootElement.GetProperty("weight_map").EnumerateObject().GroupBy(entry => entry.Value.GetString() ?? "", StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, group.Key);
            if (group.Key.Length == 0 || Path.GetFileName(group.Key) != group.Key || !File.Exists(path))
            {
                problems.Add($"{IndexFileName} names the file '{group.Key}', which is not there");
                continue;
            }

            var file = Open(path);
            foreach (var entry in group)
            {
                if (!file.Contains(entry.Name) || !_tensors.TryAdd(entry.Name, file[entry.Name]))
                {
                    problems.Add($"{IndexFileName} places '{entry.Name}' in {group.Key}, which does not hold it");
                }
            }

            problems.AddRange(file.Places.Where(place => group.All(entry => entry.Name != place.Name)).Select(place => $"{group.Key} holds '{place.Name}', which {IndexFileName} does not place there"));
        }

        if (problems.Count > 0)
        {
            throw new BadInputException(Listed.Under($"The files of '{folder}' do not agree; fetch it again.", problems));
        }
    }

    private SafetensorsFile Open(string path)
    {
        var file = new SafetensorsFile(path);
        _files.Add(file);
        return file;
    }
}
