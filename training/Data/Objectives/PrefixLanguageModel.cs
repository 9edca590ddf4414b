using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>Going on from a prefix (Raffel et al. 2019, section 3.2; <c>random_prefix_noise_mask</c> of its <c>preprocessors.py</c>).</summary>
/// <remarks>
/// The prefix's length is drawn from 1 to all tokens but one, each equally likely. With an encoder the prefix is the input and the rest the
/// target, EOS after both; a decoder alone reads the whole window and only what follows the prefix counts. Thread-safe.
/// </remarks>
/// <param name="lengths">How long samples are; no inputs: for a decoder alone.</param>
internal sealed class PrefixLanguageModel(SampleLengths lengths) : IObjective
{
    private const ulong Purpose = 0x50524546;

    /// <inheritdoc/>
    public SampleLengths Lengths => lengths;

    /// <inheritdoc/>
    public bool MasksTargets => lengths.Inputs == 0;

    /// <inheritdoc/>
    public void Make(ReadOnlySpan<int> raw, in SampleName name, in Row row)
    {
        var random = new SeededRandom(Purpose, unchecked((ulong)name.Seed), (ulong)name.Epoch, (ulong)name.Sample);
        var prefix = 1 + (int)random.Below((ulong)(raw.Length - 1));
        if (MasksTargets)
        {
            raw.CopyTo(row.Targets);
            row.TargetMask[prefix..raw.Length].Fill(1);
            return;
        }

        Ended(raw[..prefix], row.Inputs);
        Ended(raw[prefix..], row.Targets);
    }

    private static void Ended(ReadOnlySpan<int> tokens, Span<int> into)
    {
        tokens.CopyTo(into);
        into[tokens.Length] = Tokenizer.Eos;
    }
}
