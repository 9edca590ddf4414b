namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>Where a probe reads a frozen model (Allen-Zhu and Li 2023, arXiv:2309.14316).</summary>
public enum BioProbeKind
{
    /// <summary>P-probe: in biographies, at the token before each attribute's first value, the second's, and so on.</summary>
    Position,

    /// <summary>Q-probe: after the full name alone.</summary>
    Question,
}

/// <summary>What linear probes read off a model's last hidden layer for people on whom they were not trained.</summary>
/// <param name="Kind">Where they read.</param>
/// <param name="First">Percent of the values whose first token is told, by position (one for <see cref="BioProbeKind.Question"/>) and by attribute.</param>
/// <param name="Whole">Percent of the values that are told; null for the birth date, which has too many values to be told apart.</param>
/// <param name="PeopleTrained">People on whom the probes were trained.</param>
/// <param name="PeopleTested">People on whom they were tested.</param>
/// <param name="Steps">Steps of training.</param>
public sealed record BioProbeResult(
    BioProbeKind Kind,
    IReadOnlyList<IReadOnlyList<double>> First,
    IReadOnlyList<IReadOnlyList<double?>> Whole,
    int PeopleTrained,
    int PeopleTested,
    int Steps);
