namespace Orchestrator.Core.Specs;

/// <summary>How much a step consumes: microbatches x microbatch samples.</summary>
public sealed record BatchSpec
{
    /// <summary>M, the number of microbatches (slots) of a step.</summary>
    [AllowedRange(1, 65536)]
    public int Microbatches { get; init; } = 2;

    /// <summary>Samples of one microbatch.</summary>
    [AllowedRange(1, 65536)]
    public int Microbatch { get; init; } = 8;

    /// <summary>Steps of the run.</summary>
    [Incidental]
    [AllowedRange(1)]
    public long Steps { get; init; } = 1000;
}

/// <summary>How many workers, and how each computes.</summary>
public sealed record WorkersSpec
{
    /// <summary>The run starts when this many are there.</summary>
    [Incidental]
    [AllowedRange(1, 65536)]
    public int Min { get; init; } = 1;

    /// <summary>The run grows to this many; at most microbatches.</summary>
    [Incidental]
    [AllowedRange(1, 65536)]
    public int Max { get; init; } = 1;

    /// <summary>Compute threads of a worker. Part of the arithmetic: sums inside a kernel may depend on it.</summary>
    [AllowedRange(1, 1024)]
    public int Threads { get; init; } = 1;

    /// <summary>Number format of the computation.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>What is done about a worker that is much slower than the others.</summary>
    [Incidental]
    public StragglerPolicy Straggler { get; init; } = StragglerPolicy.Report;
}

/// <summary>What is done about a worker that is much slower than the others.</summary>
public enum StragglerPolicy
{
    /// <summary>It is named, with its figures.</summary>
    Report,

    /// <summary>It is named, and the run goes on without it for a while if the others suffice.</summary>
    Replace,
}

/// <summary>Number format of forward and backward; master weights are always fp32.</summary>
public enum Precision
{
    /// <summary>IEEE single.</summary>
    Fp32,

    /// <summary>bfloat16 compute with fp32 master weights.</summary>
    Bf16,
}
