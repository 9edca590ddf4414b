using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Checkpoints;

/// <summary>An open checkpoint, its tensors mapped into memory.</summary>
public sealed unsafe class CheckpointReader : IDisposable
{
    private readonly Dictionary<string, SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _model = [];
    private readonly Dictionary<string, SafetensorsFile> _optimizer = [];

    /// <summary>Opens a checkpoint without digesting its files; <see cref="CheckpointCatalog.Open"/> and <see cref="CheckpointCatalog.OpenNewest"/> do both.</summary>
    /// <exception cref="CheckpointException">The manifest and a file do not agree.</exception>
    public CheckpointReader(CheckpointEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        (Folder, Manifest) = (entry.Folder, entry.Manifest);
        try
        {
            foreach (var tensor in Manifest.Tensors)
            {
                Add(tensor);
            }
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            Dispose();
            throw new CheckpointException($"The checkpoint '{Folder}' cannot be read: {error.Message}", error);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The manifest.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>Names of the weights, ordinal order.</summary>
    public IReadOnlyList<string> ModelNames => [.. _model.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A weight, readable until this is disposed.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public TensorView Model(string name) => Find(_model, name, "weight");

    /// <summary>A part of the optimizer's state, readable until this is disposed.</summary>
    /// <exception cref="CheckpointException">There is none of that name.</exception>
    public TensorView Optimizer(string name) => Find(_optimizer, name, "optimizer state");

    /// <summary>Copies the weights into tensors of the same names, types and shapes, and no others.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, left over, or of another shape, and the message lists all of them; nothing was copied.</exception>
    public void CopyModel(IReadOnlyList<TensorView> targets) => Copy(_model, targets, "weight");

    /// <summary>As <see cref="CopyModel"/>, the optimizer's state.</summary>
    /// <exception cref="CheckpointException">As there.</exception>
    public void CopyOptimizer(IReadOnlyList<TensorView> targets) => Copy(_optimizer, targets, "optimizer state");

    /// <summary>Refuses to be the checkpoint of a model with other weights than these.</summary>
    /// <exception cref="CheckpointException">A weight is missing, left over, or of another shape; the message lists all of them.</exception>
    public void RequireModel(IReadOnlyList<ParameterShape> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        Require(_model, [.. weights.Select(weight => new TensorView(weight.Name, TensorType.F32, weight.Shape, 0))], "weight");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    private void Add(CheckpointTensor tensor)
    {
        if (!_files.TryGetValue(tensor.File, out var file))
        {
            _files[tensor.File] = file = new SafetensorsFile(Path.Combine(Folder, tensor.File));
        }

        var place = file.Places.FirstOrDefault(place => place.Name == tensor.Name);
        var tensors = tensor.File.StartsWith("optimizer-", StringComparison.Ordinal) ? _optimizer : _model;
        if (place is null || place.Offset != tensor.Offset || place.Type != tensor.Dtype || !place.Shape.SequenceEqual(tensor.Shape) || !tensors.TryAdd(tensor.Name, file))
        {
            throw new CheckpointException($"The checkpoint '{Folder}' contradicts itself: {CheckpointManifest.FileName} and {tensor.File} do not agree on '{tensor.Name}'.");
        }
    }

    private TensorView Find(Dictionary<string, SafetensorsFile> tensors, string name, string what) => tensors.TryGetValue(name, out var file)
        ? file[name]
        : throw new CheckpointException($"The checkpoint '{Folder}' has no {what} '{name}'; it belongs to another model.");

    private void Copy(Dictionary<string, SafetensorsFile> tensors, IReadOnlyList<TensorView> targets, string what)
    {
        Require(tensors, targets, what);
        foreach (var target in targets)
        {
            Buffer.MemoryCopy((void*)tensors[target.Name][target.Name].Address, (void*)target.Address, target.Bytes, target.Bytes);
        }
    }

    private void Require(Dictionary<string, SafetensorsFile> tensors, IReadOnlyList<TensorView> targets, string what)
    {
        var problems = new List<string>();
        foreach (var target in targets)
        {
            if (!tensors.TryGetValue(target.Name, out var file))
            {
                problems.Add($"'{target.Name}' is missing");
            }
            else if (file[target.Name] is var source && (source.Type != target.Type || !source.Shape.SequenceEqual(target.Shape)))
            {
                problems.Add($"'{target.Name}' is {source.Type} [{string.Join(", ", source.Shape)}] where {target.Type} [{string.Join(", ", target.Shape)}] is due");
            }
        }

        problems.AddRange(tensors.Keys.Except(targets.Select(target => target.Name)).Order(StringComparer.Ordinal).Select(name => $"'{name}' belongs to another model"));
        if (problems.Count > 0)
        {
            throw new CheckpointException(Listed.Under($"The {what}s of the checkpoint '{Folder}' are not those of this model:", problems));
        }
    }
}
