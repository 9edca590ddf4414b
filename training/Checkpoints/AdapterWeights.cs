using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Checkpoints;

/// <summary>What a low-rank adaptation keeps of its weights, in the names and shapes of Hugging Face's PEFT: the updates, and the weights that are trained beside them.</summary>
/// <remarks>PEFT keeps an embedding's update turned: its A is B' here and the other way round. These lie in buffers of their own, see <see cref="Pull"/> and <see cref="Push"/>.</remarks>
public sealed unsafe class AdapterWeights : IDisposable
{
    private const string Prefix = "base_model.model.";

    private readonly FlatParameters _parameters;
    private readonly List<(ParameterSlice Slice, Collectives.UnmanagedBuffer Buffer)> _turned = [];

    /// <summary>The adapter's weights of parameters, on the CPU.</summary>
    public AdapterWeights(FlatParameters parameters, ResolvedModel shape)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _parameters = parameters;
        var embedding = LanguageModels.EmbeddingOf(shape);
        var views = new List<TensorView>();
        foreach (var update in parameters.Updates)
        {
            var module = Prefix + Module(update.Weight);
            if (update.Weight == embedding)
            {
                views.Add(Turned(parameters[update.Up], module + ".lora_embedding_A"));
                views.Add(Turned(parameters[update.Down], module + ".lora_embedding_B"));
                continue;
            }

            views.Add(View(parameters[update.Down], module + ".lora_A.weight"));
            views.Add(View(parameters[update.Up], module + ".lora_B.weight"));
        }

        var updates = parameters.Updates.SelectMany(update => new[] { update.Down, update.Up }).ToHashSet(StringComparer.Ordinal);
        views.AddRange(parameters.Trained.Where(slice => !updates.Contains(slice.Name)).Select(slice => View(slice, Prefix + slice.Name)));
        Views = views;
    }

    /// <summary>The tensors; those of an embedding's update are as they were at the last <see cref="Pull"/>.</summary>
    public IReadOnlyList<TensorView> Views { get; }

    /// <summary>A weight's module, as PEFT names it.</summary>
    public static string Module(string weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return weight.EndsWith(".weight", StringComparison.Ordinal) ? weight[..^".weight".Length] : weight;
    }

    /// <summary>Brings the tensors up to date with the parameters.</summary>
    public void Pull()
    {
        foreach (var (slice, buffer) in _turned)
        {
            Turn(_parameters.Weights + slice.Offset, (float*)buffer.Start, slice.Shape[0], slice.Shape[1]);
        }
    }

    /// <summary>Brings the parameters up to date with the tensors.</summary>
    public void Push()
    {
        foreach (var (slice, buffer) in _turned)
        {
            Turn((float*)buffer.Start, _parameters.Weights + slice.Offset, slice.Shape[1], slice.Shape[0]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turned.ForEach(part => part.Buffer.Dispose());

    private TensorView View(ParameterSlice slice, string name) => new(name, TensorType.F32, slice.Shape, (nint)(_parameters.Weights + slice.Offset));

    private TensorView Turned(ParameterSlice slice, string name)
    {
        var buffer = new Collectives.UnmanagedBuffer(slice.Count * sizeof(float));
        _turned.Add((slice, buffer));
        return new TensorView(name, TensorType.F32, [slice.Shape[1], slice.Shape[0]], (nint)buffer.Start);
    }

    private static void Turn(float* from, float* into, long rows, long columns)
    {
        for (var row = 0L; row < rows; row++)
        {
            for (var column = 0L; column < columns; column++)
            {
                into[(column * rows) + row] = from[(row * columns) + column];
            }
        }
    }
}
