using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>Predicting each token from those before it, for a decoder alone: a window of the stream as it is. The model shifts it. Thread-safe.</summary>
/// <param name="lengths">How long samples are.</param>
internal sealed class CausalLanguageModel(SampleLengths lengths) : IObjective
{
    /// <inheritdoc/>
    public SampleLengths Lengths => lengths;

    /// <inheritdoc/>
    public void Make(ReadOnlySpan<int> raw, in SampleName name, in Row row) => raw.CopyTo(row.Targets);
}
