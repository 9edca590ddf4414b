using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;

namespace Orchestrator.Tests.Training.Model;

/// <summary>A golden T5 with its recorded inputs and outputs.</summary>
internal sealed class GoldenModel : IDisposable
{
    public GoldenModel(string name, Operations? operations = null, Precision precision = Precision.Fp32)
    {
        Io = GoldenTensors.Open($"{name}/io.safetensors");
        Weights = GoldenTensors.Open($"{name}/model.safetensors");
        // The reference ran without dropout, its training steps too.
        var shape = HuggingFaceConfig.Read(GoldenTensors.PathOf($"{name}/config.json")) with { Dropout = 0.0 };
        Model = new T5Model(shape, device: null, precision, operations);
        foreach (var slice in Model.Parameters.Slices)
        {
            // A tied embedding is stored once, under any of its names, or under all of them.
            Weights.Floats(Stored("", slice.Name, Weights)).CopyTo(Model.Parameters.WeightSpan(slice.Name));
        }
    }

    public GoldenTensors Io { get; }

    public GoldenTensors Weights { get; }

    public T5Model Model { get; }

    /// <summary>The name, after a prefix, under which something of a weight is stored.</summary>
    public string Stored(string prefix, string name, GoldenTensors tensors) =>
        prefix + WeightAliases.Of(Model.Shape, name).First(alias => tensors.Has(prefix + alias));

    /// <summary>A recorded batch; a label of -100 becomes 0.</summary>
    public TokenBatch Batch(string prefix)
    {
        var (inputs, labels) = (Io.Shape(prefix + "input_ids"), Io.Shape(prefix + "labels"));
        return new TokenBatch(
            (int)inputs[0], (int)inputs[1], (int)labels[1], Io.Longs(prefix + "input_ids"),
            [.. Io.Longs(prefix + "labels").Select(label => Math.Max(label, 0))], Io.Longs(prefix + "attention_mask"));
    }

    public void Dispose()
    {
        Model.Dispose();
        Io.Dispose();
        Weights.Dispose();
    }
}
