namespace Orchestrator.Core.Specs;

/// <summary>Everything a run is: one YAML file, validated in full. The arithmetic of a run is a function of this alone.</summary>
/// <remarks>Names in YAML are the snake_case of the properties' names. Defaults are those of T5 v1.1 where T5 has one.</remarks>
public sealed record RunSpec
{
    /// <summary>What people call the run; letters, digits, '.', '_' and '-'.</summary>
    public string Name { get; init; } = "run";

    /// <summary>Seed of everything random: initial weights, sample order, span corruption, dropout.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The model.</summary>
    public ModelSpec Model { get; init; } = new();

    /// <summary>The corpus.</summary>
    public DataSpec Data { get; init; } = new();

    /// <summary>What the model learns from a sample.</summary>
    public ObjectiveSpec Objective { get; init; } = new();

    /// <summary>The optimizer.</summary>
    public OptimizerSpec Optimizer { get; init; } = new();

    /// <summary>The learning rate as a function of the step.</summary>
    public ScheduleSpec Schedule { get; init; } = new();

    /// <summary>The loss.</summary>
    public LossSpec Loss { get; init; } = new();

    /// <summary>How much a step consumes and how many steps there are.</summary>
    public BatchSpec Batch { get; init; } = new();

    /// <summary>How many workers, and how each computes.</summary>
    public WorkersSpec Workers { get; init; } = new();

    /// <summary>When to save and what to keep.</summary>
    public CheckpointSpec Checkpoint { get; init; } = new();

    /// <summary>When to measure the validation loss and on how much.</summary>
    public EvaluationSpec Evaluation { get; init; } = new();
}

/// <summary>Shapes of a T5. <c>preset</c> names a published size; other fields override it.</summary>
public sealed record ModelSpec
{
    /// <summary>A published size, for example <c>t5-v1_1-base</c>, or null.</summary>
    public string? Preset { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public int DModel { get; init; } = 512;

    /// <summary>Width of the feed-forward hidden layer.</summary>
    public int DFf { get; init; } = 1024;

    /// <summary>Width of one attention head.</summary>
    public int DKv { get; init; } = 64;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 6;

    /// <summary>Encoder blocks.</summary>
    public int EncoderLayers { get; init; } = 8;

    /// <summary>Decoder blocks.</summary>
    public int DecoderLayers { get; init; } = 8;

    /// <summary><see cref="FeedForwardKind.Relu"/> (v1.0) or <see cref="FeedForwardKind.GatedGelu"/> (v1.1).</summary>
    public FeedForwardKind FeedForward { get; init; } = FeedForwardKind.GatedGelu;

    /// <summary>Whether the output layer is the embedding (v1.0).</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Rows of the embedding; null: the corpus's vocabulary, rounded up to a multiple of 128.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>Relative position buckets.</summary>
    public int RelativeBuckets { get; init; } = 32;

    /// <summary>Distance from which all relative positions share the last bucket.</summary>
    public int RelativeDistance { get; init; } = 128;

    /// <summary>Dropout rate in [0, 1), its mask shared along the sequence.</summary>
    public double Dropout { get; init; }
}

/// <summary>The feed-forward layer's form.</summary>
public enum FeedForwardKind
{
    /// <summary>wo(relu(wi(x))), T5 v1.0.</summary>
    Relu,

    /// <summary>wo(gelu(wi_0(x)) * wi_1(x)) with the tanh approximation, T5 v1.1.</summary>
    GatedGelu,
}

/// <summary>Where samples come from.</summary>
public sealed record DataSpec
{
    /// <summary>Folder of a built corpus (manifest.json, shards, spiece.model). A relative path starts at the spec's folder.</summary>
    public string Corpus { get; init; } = "";

    /// <summary>Model input length in tokens, EOS included (512 in T5).</summary>
    public int InputLength { get; init; } = 512;
}

/// <summary>What the model learns from a sample.</summary>
public sealed record ObjectiveSpec
{
    /// <summary>The objective.</summary>
    public ObjectiveKind Kind { get; init; } = ObjectiveKind.SpanCorruption;

    /// <summary>Share of tokens masked.</summary>
    public double NoiseDensity { get; init; } = 0.15;

    /// <summary>Mean length of a masked span, tokens.</summary>
    public double MeanSpanLength { get; init; } = 3.0;
}

/// <summary>The objectives.</summary>
public enum ObjectiveKind
{
    /// <summary>T5's span corruption (Raffel et al. 2019, section 3.1.4).</summary>
    SpanCorruption,
}

/// <summary>Adafactor (Shazeer and Stern 2018, arXiv:1804.04235).</summary>
public sealed record OptimizerSpec
{
    /// <summary>The optimizer.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.Adafactor;

    /// <summary>Whose factoring rule: T5X, Mesh TensorFlow or Hugging Face.</summary>
    public AdafactorRules Rules { get; init; } = AdafactorRules.T5x;

    /// <summary>c in the second-moment decay 1 - t^-c.</summary>
    public double DecayExponent { get; init; } = 0.8;

    /// <summary>Updates are scaled down to this RMS.</summary>
    public double ClipThreshold { get; init; } = 1.0;

    /// <summary>Added to squared gradients.</summary>
    public double Epsilon1 { get; init; } = 1e-30;

    /// <summary>Floor of a parameter's RMS where the step is scaled by it.</summary>
    public double Epsilon2 { get; init; } = 1e-3;

    /// <summary>Whether a step is scaled by the parameter's RMS.</summary>
    public bool ScaleParameter { get; init; } = true;

    /// <summary>Both of the two factored dimensions must be at least this (T5X and Mesh).</summary>
    public int MinFactoredDimension { get; init; } = 128;
}

/// <summary>The optimizers.</summary>
public enum OptimizerKind
{
    /// <summary>Adafactor.</summary>
    Adafactor,
}

/// <summary>Which implementation's factoring rule Adafactor follows.</summary>
public enum AdafactorRules
{
    /// <summary>T5X: last two logical axes, both at least 128.</summary>
    T5x,

    /// <summary>Mesh TensorFlow: the two largest axes, both at least 128.</summary>
    Mesh,

    /// <summary>Hugging Face: every tensor of rank two or more.</summary>
    HuggingFace,
}

/// <summary>The learning rate as a function of the step (1 for the first).</summary>
public sealed record ScheduleSpec
{
    /// <summary>The schedule's form.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Rsqrt;

    /// <summary>Rsqrt: factor of 1/sqrt(max(step, warmup)); constant: the rate itself.</summary>
    public double Base { get; init; } = 1.0;

    /// <summary>Steps before the decay sets in.</summary>
    public long WarmupSteps { get; init; } = 10_000;
}

/// <summary>The schedules.</summary>
public enum ScheduleKind
{
    /// <summary>base / sqrt(max(step, warmup_steps)), T5's.</summary>
    Rsqrt,

    /// <summary>base.</summary>
    Constant,
}

/// <summary>The loss.</summary>
public sealed record LossSpec
{
    /// <summary>Weight of log² Z (T5: 1e-4).</summary>
    public double ZLoss { get; init; } = 1e-4;

    /// <summary>What the summed loss is divided by.</summary>
    public LossNormalisation Normalisation { get; init; } = LossNormalisation.Tokens;
}

/// <summary>What the summed loss of a global batch is divided by.</summary>
public enum LossNormalisation
{
    /// <summary>The number of target tokens that count.</summary>
    Tokens,

    /// <summary>Nothing.</summary>
    Sum,

    /// <summary>The size of the target tensor, padding included (Mesh TensorFlow).</summary>
    TargetSize,
}

/// <summary>How much a step consumes: microbatches x microbatch samples.</summary>
public sealed record BatchSpec
{
    /// <summary>M, the number of microbatches (slots) of a step.</summary>
    public int Microbatches { get; init; } = 2;

    /// <summary>Samples of one microbatch.</summary>
    public int Microbatch { get; init; } = 8;

    /// <summary>Steps of the run.</summary>
    public long Steps { get; init; } = 1000;
}

/// <summary>How many workers, and how each computes.</summary>
public sealed record WorkersSpec
{
    /// <summary>The run starts when this many are there.</summary>
    public int Min { get; init; } = 1;

    /// <summary>The run grows to this many; at most microbatches.</summary>
    public int Max { get; init; } = 1;

    /// <summary>Compute threads of a worker. Part of the arithmetic: sums inside a kernel may depend on it.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Number format of the computation.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;
}

/// <summary>Number format of forward and backward; master weights are always fp32.</summary>
public enum Precision
{
    /// <summary>IEEE single.</summary>
    Fp32,

    /// <summary>bfloat16 compute with fp32 master weights.</summary>
    Bf16,
}

/// <summary>When to save and what to keep.</summary>
public sealed record CheckpointSpec
{
    /// <summary>Save after every so many steps; 0: only at the end. The last step is always saved.</summary>
    public long Every { get; init; } = 1000;

    /// <summary>How many of the newest to keep.</summary>
    public int Keep { get; init; } = 3;
}

/// <summary>When to measure the validation loss and on how much.</summary>
public sealed record EvaluationSpec
{
    /// <summary>After every so many steps; 0: only at the end.</summary>
    public long Every { get; init; }

    /// <summary>Microbatches of validation samples per measurement.</summary>
    public int Microbatches { get; init; } = 16;
}
