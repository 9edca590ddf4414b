using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Native;
using Orchestrator.Training.Checkpoints;

namespace Orchestrator.Tests.Training.Checkpoints;

/// <summary>A few tensors to save and load.</summary>
internal sealed unsafe class SmallCheckpoint : IDisposable
{
    public const string Spec = "spec-digest";
    private readonly List<(string Name, long[] Shape, Floats Values)> _tensors = [];
    private readonly int _model;

    public SmallCheckpoint(int seed = 1, int rows = 100)
    {
        Add("shared.weight", [rows, 16], seed);
        Add("encoder.final_layer_norm.weight", [16], seed + 1);
        Add("lm_head.weight", [rows, 16], seed + 2);
        _model = _tensors.Count;
        Add("shared.weight.rows", [rows], seed + 3);
        Add("shared.weight.columns", [16], seed + 4);
    }

    public static ResolvedModel Shape { get; } = new(128, 16, 32, 8, 2, 1, 1, FeedForwardKind.GatedGelu, false, 32, 128, 0.0);

    public IReadOnlyList<TensorView> Model => [.. Views.Take(_model)];

    public IReadOnlyList<TensorView> Optimizer => [.. Views.Skip(_model)];

    public IEnumerable<float> Values => _tensors.SelectMany(tensor => tensor.Values.Span.ToArray());

    private IEnumerable<TensorView> Views => _tensors.Select(tensor => new TensorView(tensor.Name, TensorType.F32, tensor.Shape, (nint)tensor.Values.Pointer));

    public static CheckpointWriter Writer(string root, int keep = 3, long maxShardBytes = 8000, string holder = "a test") =>
        new(root, new CheckpointOptions { Keep = keep, MaxShardBytes = maxShardBytes, Holder = holder }, TimeProvider.System);

    public CheckpointContent Content(long step, string? vocabulary = null) => new()
    {
        Step = step,
        Cursor = new CheckpointCursor(0, step * 8),
        SpecDigest = Spec,
        Shape = Shape,
        Model = Model,
        Optimizer = Optimizer,
        Vocabulary = vocabulary,
        Metrics = new Dictionary<string, double> { ["train_loss"] = 4.5, ["broken"] = double.NaN },
    };

    public void Fill(float value) => _tensors.ForEach(tensor => tensor.Values.Span.Fill(value));

    public void Dispose() => _tensors.ForEach(tensor => tensor.Values.Dispose());

    private void Add(string name, long[] shape, int seed) =>
        _tensors.Add((name, shape, Floats.Random((int)shape.Aggregate((a, b) => a * b), seed)));
}
