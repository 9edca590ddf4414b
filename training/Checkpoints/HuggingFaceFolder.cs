using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;

namespace Orchestrator.Training.Checkpoints;

/// <summary>A model as Hugging Face transformers keeps it: config.json, weights in safetensors files, and as a rule spiece.model.</summary>
/// <remarks>
/// Names are the product's own. A tied embedding may be stored under any of its names, or under several if they agree. What <see cref="WeightAliases"/> passes over is left alone.
/// </remarks>
public sealed unsafe class HuggingFaceFolder : IDisposable
{
    private readonly SafetensorsFolder _weights;

    private HuggingFaceFolder(SafetensorsFolder weights, ResolvedModel shape)
    {
        (_weights, Shape) = (weights, shape);
        var problems = new List<string>();
        var parameters = LanguageModels.ParametersOf(shape);
        Tensors = [.. parameters.Select(parameter => Match(parameter.Name, parameter.Shape, problems)).OfType<TensorView>()];
        var known = parameters.SelectMany(parameter => WeightAliases.Of(shape, parameter.Name)).ToHashSet(StringComparer.Ordinal);
        var unknown = weights.Names.Where(name => !known.Contains(name) && !WeightAliases.IsPassedOver(shape, name));
        problems.AddRange(unknown.Select(name => $"'{name}' belongs to no {Family} of these shapes"));
        if (problems.Count > 0)
        {
            throw new BadInputException(Listed.Under($"The weights of '{weights.Folder}' are not those of the {Family} in its {HuggingFaceFiles.ConfigFileName}:", problems));
        }
    }

    /// <summary>The folder.</summary>
    public string Folder => _weights.Folder;

    /// <summary>The shapes.</summary>
    public ResolvedModel Shape { get; }

    /// <summary>Every weight under the product's name, a tied embedding once, in the number format in which it is stored; readable until this is disposed.</summary>
    public IReadOnlyList<TensorView> Tensors { get; }

    /// <summary>The vocabulary's file, or null where there is none.</summary>
    public string? Vocabulary => Path.Combine(Folder, HuggingFaceFiles.VocabularyFileName) is var path && File.Exists(path) ? path : null;

    private string Family => Shape.Family.ToString().ToUpperInvariant();

    /// <summary>Opens a folder and holds every weight's name and shape against its configuration.</summary>
    /// <exception cref="BadInputException">It is none, or not whole; the message lists every mismatch.</exception>
    public static HuggingFaceFolder Open(string folder)
    {
        var config = Path.Combine(folder, HuggingFaceFiles.ConfigFileName);
        if (!File.Exists(config))
        {
            throw new BadInputException($"'{folder}' has no {HuggingFaceFiles.ConfigFileName}; name a folder that transformers' save_pretrained wrote, or a checkpoint's.");
        }

        var shape = HuggingFaceConfig.Read(config);
        var weights = new SafetensorsFolder(folder);
        try
        {
            return new HuggingFaceFolder(weights, shape);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Copies the weights, as fp32, into tensors of the same names and shapes.</summary>
    public void CopyTo(IReadOnlyList<TensorView> targets)
    {
        var byName = Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var target in targets)
        {
            TensorCast.ToSingle(byName[target.Name], (float*)target.Address);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();

    private TensorView? Match(string name, long[] shape, List<string> problems)
    {
        var stored = WeightAliases.Of(Shape, name).Select(_weights.Find).OfType<TensorView>().ToArray();
        if (stored.Length == 0)
        {
            problems.Add($"'{name}' is missing");
            return null;
        }

        foreach (var tensor in stored)
        {
            if (!tensor.Shape.SequenceEqual(shape))
            {
                problems.Add($"'{tensor.Name}' is [{string.Join(", ", tensor.Shape)}] where [{string.Join(", ", shape)}] is due");
            }
            else if (tensor.Type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
            {
                problems.Add($"'{tensor.Name}' is {tensor.Type} where F32, F16 or BF16 is due");
            }
            else if (!TensorCast.SameBytes(tensor, stored[0]))
            {
                problems.Add($"'{tensor.Name}' differs from '{stored[0].Name}', with which it is one weight");
            }
        }

        return stored[0] with { Name = name };
    }
}
