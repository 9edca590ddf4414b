using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Model;
using static TorchSharp.torch;

namespace Orchestrator.Training.Optim;

/// <summary>All weights of a model in one flat fp32 buffer, and their gradients in another of the same layout.</summary>
/// <remarks>
/// Weights keep the order in which they are given, but those that are not trained come first and have no gradients; of neighbours that are joined all have
/// gradients if one is trained. Each begins at a multiple of 64 bytes, except those that join the one before. The gaps are zero and stay zero. Collectives, the optimizer and checkpoints work on the buffers; the model on views of them.
/// </remarks>
public sealed unsafe class FlatParameters : IDisposable
{
    private const long Alignment = 64 / sizeof(float);

    private readonly Dictionary<string, ParameterSlice> _byName;

    // Frozen, but joined to weights that are not.
    private readonly ParameterSlice[] _strays;
    private readonly Tensor _weights;
    private readonly Tensor _gradients;
    private readonly Tensor? _narrow;

    /// <summary>Lays out the weights and zeroes both buffers.</summary>
    /// <param name="shapes">The weights, each name once.</param>
    /// <param name="device">Where the buffers live; null: the CPU.</param>
    /// <param name="precision">bf16: a copy of the weights in bfloat16 is kept beside them for computing.</param>
    /// <param name="adaptation">What of them is trained, and the low-rank updates that are laid out after them; null: all, and none.</param>
    /// <exception cref="ArgumentException">A name comes twice.</exception>
    public FlatParameters(
        IReadOnlyList<ParameterShape> shapes, Device? device = null, Precision precision = Precision.Fp32, Adaptation? adaptation = null)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        var (frozen, updates) = adaptation ?? Adaptation.None;
        var slices = new List<ParameterSlice>(shapes.Count);
        long end = 0;
        void Add(ParameterShape shape)
        {
            var offset = shape.JoinsPrevious ? end : Align(end);
            slices.Add(new ParameterSlice(shape.Name, shape.Shape, offset, shape.Count));
            end = offset + shape.Count;
        }

        var groups = Groups(shapes);
        bool IsFrozen(ParameterShape shape) => frozen.Contains(shape.Name);
        groups.Where(group => group.TrueForAll(IsFrozen)).SelectMany(group => group).ToList().ForEach(Add);
        GradientStart = end = Align(end);
        groups.Where(group => !group.TrueForAll(IsFrozen)).SelectMany(group => group).ToList().ForEach(Add);
        foreach (var update in updates)
        {
            Add(new ParameterShape(update.Down, [update.Rank, update.Inputs]));
            Add(new ParameterShape(update.Up, [update.Outputs, update.Rank]));
        }

        Slices = slices;
        Trained = [.. slices.Where(slice => !frozen.Contains(slice.Name))];
        Updates = updates;
        Length = Align(end);
        Device = device ?? CPU;
        _byName = slices.ToDictionary(slice => slice.Name, StringComparer.Ordinal);
        _strays = [.. slices.Where(slice => slice.Offset >= GradientStart && frozen.Contains(slice.Name))];
        _weights = zeros([Length], ScalarType.Float32, Device).DetachFromDisposeScope();
        _gradients = zeros([GradientLength], ScalarType.Float32, Device).DetachFromDisposeScope();
        _narrow = precision == Precision.Bf16 ? zeros([Length], ScalarType.BFloat16, Device).DetachFromDisposeScope() : null;
    }

    /// <summary>The weights' places, in order.</summary>
    public IReadOnlyList<ParameterSlice> Slices { get; }

    /// <summary>The places of those that are trained, in order.</summary>
    public IReadOnlyList<ParameterSlice> Trained { get; }

    /// <summary>The low-rank updates among the weights.</summary>
    public IReadOnlyList<LowRankShape> Updates { get; }

    /// <summary>Number of values, gaps included; a multiple of 16.</summary>
    public long Length { get; }

    /// <summary>The first value that has a gradient: a weight's gradient lies at its offset less this.</summary>
    public long GradientStart { get; }

    /// <summary>Number of values of the gradients, gaps included; a multiple of 16.</summary>
    public long GradientLength => Length - GradientStart;

    /// <summary>Where the buffers live.</summary>
    public Device Device { get; }

    /// <summary>Number of weights, gaps not counted.</summary>
    public long ParameterCount => Slices.Sum(slice => slice.Count);

    /// <summary>The weights; CPU only.</summary>
    public float* Weights => TensorMemory.Start<float>(_weights);

    /// <summary>The gradients, from that of <see cref="GradientStart"/> on; CPU only.</summary>
    public float* Gradients => TensorMemory.Start<float>(_gradients);

    /// <summary>The weights as named tensors, for checkpoints and digests; CPU only.</summary>
    public IReadOnlyList<TensorView> WeightViews => Views(Slices, Weights);

    /// <summary>As <see cref="WeightViews"/>, of the gradients.</summary>
    public IReadOnlyList<TensorView> GradientViews => Views(Slices, Gradients);

    /// <summary>The place of a weight.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public ParameterSlice this[string name] => _byName[name];

    /// <summary>A new view of a weight, in its shape.</summary>
    public Tensor WeightView(string name) => View(_weights, name, name);

    /// <summary>A new view of a weight's gradient, in its shape.</summary>
    public Tensor GradientView(string name) => View(_gradients, name, name, GradientStart);

    /// <summary>Whether a weight, or one of neighbouring ones, is trained.</summary>
    public bool IsTrained(string first, string? last = null) => this[last ?? first].Offset >= GradientStart;

    /// <summary>The low-rank updates of a weight or of neighbouring ones, and where each begins among the outputs.</summary>
    internal IEnumerable<(LowRankShape Shape, long FirstOutput)> UpdatesOf(string first, string last)
    {
        var (from, to) = (this[first], this[last]);
        return Updates.Where(update => this[update.Weight].Offset >= from.Offset && this[update.Weight].Offset <= to.Offset)
            .Select(update => (update, (this[update.Weight].Offset - from.Offset) / from.Shape[^1]));
    }

    /// <summary>A new view of neighbouring matrices of one width as a single one, [sum of their rows, width], or of vectors as one.</summary>
    public Tensor WeightView(string first, string last) => View(_weights, first, last);

    /// <summary>A new view of what matrix products read: the weights, or their copy in bfloat16.</summary>
    public Tensor ComputeView(string first, string last) => View(_narrow ?? _weights, first, last);

    /// <summary>A new view of the gradients of neighbouring matrices of one width as a single one.</summary>
    public Tensor GradientView(string first, string last) => View(_gradients, first, last, GradientStart);

    /// <summary>The weight's values; CPU only, at most 2^31 - 1 of them.</summary>
    public Span<float> WeightSpan(string name) => new(Weights + this[name].Offset, checked((int)this[name].Count));

    /// <summary>The gradient's values; CPU only, at most 2^31 - 1 of them.</summary>
    public Span<float> GradientSpan(string name) => new(Gradients + (this[name].Offset - GradientStart), checked((int)this[name].Count));

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients() => _gradients.fill_(0f);

    /// <summary>Sets the gradients of weights that are not trained, but joined to some that are, to zero.</summary>
    public void DropStrayGradients()
    {
        foreach (var stray in _strays)
        {
            using var view = GradientView(stray.Name);
            view.zero_();
        }
    }

    /// <summary>Brings the copy in bfloat16, if there is one, up to date with the weights.</summary>
    public void RefreshCompute() => _narrow?.copy_(_weights);

    /// <inheritdoc/>
    public void Dispose()
    {
        _narrow?.Dispose();
        _weights.Dispose();
        _gradients.Dispose();
    }

    /// <summary>Named tensors over a buffer.</summary>
    internal static IReadOnlyList<TensorView> Views(IEnumerable<ParameterSlice> slices, float* start) =>
        [.. slices.Select(slice => new TensorView(slice.Name, TensorType.F32, slice.Shape, (nint)(start + slice.Offset)))];

    private static long Align(long offset) => (offset + Alignment - 1) / Alignment * Alignment;

    private static List<List<ParameterShape>> Groups(IReadOnlyList<ParameterShape> shapes)
    {
        var groups = new List<List<ParameterShape>>();
        foreach (var shape in shapes)
        {
            if (shape.JoinsPrevious && groups.Count > 0)
            {
                groups[^1].Add(shape);
            }
            else
            {
                groups.Add([shape]);
            }
        }

        return groups;
    }

    private Tensor View(Tensor flat, string first, string last, long start = 0)
    {
        var (from, to) = (this[first], this[last]);
        var shape = from.Shape;
        if (first != last)
        {
            var count = to.Offset + to.Count - from.Offset;
            shape = from.Shape.Length == 1 ? [count] : [count / from.Shape[^1], from.Shape[^1]];
        }

        using var slice = flat.narrow(0, from.Offset - start, to.Offset + to.Count - from.Offset);
        return slice.view(shape).DetachFromDisposeScope();
    }
}
