namespace Orchestrator.Core.Specs;

/// <summary>Where samples come from.</summary>
public sealed record DataSpec
{
    /// <summary>Folder of a built corpus (manifest.json, shards, spiece.model). A relative path starts at the spec's folder.</summary>
    [Incidental]
    public string Corpus { get; init; } = "";

    /// <summary>Model input length in tokens, EOS included (512 in T5).</summary>
    [AllowedRange(8, 65536)]
    public int InputLength { get; init; } = 512;
}

/// <summary>What the model learns from a sample.</summary>
public sealed record ObjectiveSpec
{
    /// <summary>The objective.</summary>
    public ObjectiveKind Kind { get; init; } = ObjectiveKind.SpanCorruption;

    /// <summary>Share of tokens masked.</summary>
    [AllowedRange(0, 1, AboveLow = true, BelowHigh = true)]
    public double NoiseDensity { get; init; } = 0.15;

    /// <summary>Mean length of a masked span, tokens.</summary>
    [AllowedRange(1, 1000)]
    public double MeanSpanLength { get; init; } = 3.0;
}

/// <summary>The objectives.</summary>
public enum ObjectiveKind
{
    /// <summary>T5's span corruption (Raffel et al. 2019, section 3.1.4).</summary>
    SpanCorruption,
}
