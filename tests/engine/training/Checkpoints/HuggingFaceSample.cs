using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Checkpoints;

namespace Orchestrator.Tests.Training.Checkpoints;

/// <summary>A Hugging Face folder made of a golden model, changed as a test likes it.</summary>
internal sealed unsafe class HuggingFaceSample : IDisposable
{
    private readonly SafetensorsFile _golden;
    private readonly SortedDictionary<string, (TensorType Type, IReadOnlyList<long> Shape, byte[] Bytes)> _tensors = new(StringComparer.Ordinal);

    public HuggingFaceSample(string golden, TensorType type = TensorType.F32)
    {
        _golden = new SafetensorsFile(TestFiles.Golden($"{golden}/model.safetensors"));
        Config = JsonNode.Parse(File.ReadAllText(TestFiles.Golden($"{golden}/config.json")))!.AsObject();
        foreach (var place in _golden.Places)
        {
            var bytes = new MemoryStream();
            TensorCast.Pieces(_golden[place.Name], type, piece => bytes.Write(piece));
            _tensors[place.Name] = (type, place.Shape, bytes.ToArray());
        }
    }

    public JsonObject Config { get; }

    /// <summary>Bytes of each tensor of a folder, by name.</summary>
    public static SortedDictionary<string, byte[]> Bytes(string folder)
    {
        using var weights = new SafetensorsFolder(folder);
        return new SortedDictionary<string, byte[]>(
            weights.Names.ToDictionary(name => name, name => new ReadOnlySpan<byte>((void*)weights.Find(name)!.Value.Address, (int)weights.Find(name)!.Value.Bytes).ToArray()), StringComparer.Ordinal);
    }

    public void Rename(string from, string to)
    {
        _tensors[to] = _tensors[from];
        _tensors.Remove(from);
    }

    public void Copy(string from, string to) => _tensors[to] = (_tensors[from].Type, _tensors[from].Shape, [.. _tensors[from].Bytes]);

    public void Remove(string name) => _tensors.Remove(name);

    public void Reshape(string name, params long[] shape) => _tensors[name] = _tensors[name] with { Shape = shape };

    public void Change(string name) => _tensors[name].Bytes[2] ^= 1;

    /// <summary>Writes the folder.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="shards">Files of weights; 0: one without an index.</param>
    public string Write(string folder, int shards = 0)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config.ToJsonString());
        var map = new JsonObject();
        var parts = _tensors.Keys.Select((name, i) => (name, part: shards == 0 ? 0 : i % shards)).GroupBy(pair => pair.part, pair => pair.name);
        foreach (var part in parts)
        {
            var file = shards == 0 ? "model.safetensors" : CheckpointNames.Shard("model", part.Key, shards);
            var (header, places) = SafetensorsHeader.Build(part.Select(name => (name, _tensors[name].Type, _tensors[name].Shape)), new Dictionary<string, string> { ["format"] = "pt" });
            File.WriteAllBytes(Path.Combine(folder, file), [.. header, .. places.SelectMany(place => _tensors[place.Name].Bytes)]);
            foreach (var name in part)
            {
                map[name] = file;
            }
        }

        if (shards > 0)
        {
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), JsonSerializer.Serialize(new { metadata = new { total_size = 0 }, weight_map = map }));
        }

        return folder;
    }

    public void Dispose() => _golden.Dispose();
}
