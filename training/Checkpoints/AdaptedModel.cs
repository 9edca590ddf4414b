using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Model;

namespace Orchestrator.Training.Checkpoints;

/// <summary>An adapter's folder, opened: the model that it adapts with the updates beside its weights.</summary>
public static unsafe class AdaptedModel
{
    private const string Prefix = "base_model.model.";

    /// <summary>Opens an adapter's folder and the one of the model that it adapts.</summary>
    /// <param name="folder">The adapter's.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="warn">Gets a sentence for each damaged checkpoint that is passed over.</param>
    /// <returns>The model, and the folder of the one that is adapted.</returns>
    /// <exception cref="BadInputException">One of the two is missing or damaged, or they do not belong together.</exception>
    public static (ILanguageModel Model, string Base) Open(string folder, AdapterConfig config, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(config);
        using var plain = HuggingFaceFolder.Open(ModelFolders.Resolve(config.Base, verify: true, warn));
        using var file = new SafetensorsFile(Path.Combine(folder, AdapterConfig.TensorsFileName));
        RequireBase(folder, plain);
        var weights = LanguageModels.ParametersOf(plain.Shape);
        var embedding = LanguageModels.EmbeddingOf(plain.Shape);
        var updates = new List<LowRankShape>();
        var frozen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var weight in weights)
        {
            var module = Prefix + AdapterWeights.Module(weight.Name);
            var down = file.Places.FirstOrDefault(place => place.Name == module + (weight.Name == embedding ? ".lora_embedding_A" : ".lora_A.weight"));
            if (down is not null)
            {
                var rank = (int)down.Shape[0];
                var (outputs, inputs) = LanguageModels.IsTransposed(plain.Shape, weight.Name) ? (weight.Shape[1], weight.Shape[0]) : (weight.Shape[0], weight.Shape[1]);
                updates.Add(new LowRankShape(weight.Name, rank, (float)(config.Alpha / rank), inputs, outputs));
            }

            if (!file.Contains(Prefix + weight.Name))
            {
                frozen.Add(weight.Name);
            }
        }

        var model = LanguageModels.Create(plain.Shape, adaptation: new Adaptation(frozen, updates));
        try
        {
            plain.CopyTo([.. model.Parameters.WeightViews.Where(view => !LowRankShape.IsUpdate(view.Name))]);
            using var adapter = new AdapterWeights(model.Parameters, plain.Shape);
            foreach (var view in adapter.Views)
            {
                if (!file.Contains(view.Name) || file[view.Name] is var from && (from.Type != view.Type || !from.Shape.SequenceEqual(view.Shape)))
                {
                    throw new BadInputException($"The adapter '{folder}' has no '{view.Name}' of the shape [{string.Join(", ", view.Shape)}]; it belongs to another model than '{config.Base}'.");
                }

                var stored = file[view.Name];
                Buffer.MemoryCopy((void*)stored.Address, (void*)view.Address, view.Bytes, view.Bytes);
            }

            adapter.Push();
            return (model, plain.Folder);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    // An adapter from elsewhere has no manifest: what it belongs to is then known by its path alone.
    private static void RequireBase(string folder, HuggingFaceFolder plain)
    {
        if (!File.Exists(Path.Combine(folder, CheckpointManifest.FileName)) || CheckpointCatalog.ReadManifest(folder).BaseDigest is not { } expected)
        {
            return;
        }

        var digest = WeightsDigest.Text(WeightsDigest.Of(plain.Tensors));
        if (digest != expected)
        {
            throw new BadInputException($"The adapter '{folder}' adapts weights with the digest {expected}, and those in '{plain.Folder}' have {digest}; bring the ones back that it was trained on.");
        }
    }
}
