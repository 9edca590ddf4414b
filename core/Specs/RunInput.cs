using Orchestrator.Core.Data;

namespace Orchestrator.Core.Specs;

/// <summary>What a run works on, held against its spec before anything starts.</summary>
/// <param name="Corpus">The corpus's manifest.</param>
/// <param name="Lengths">How long its samples are.</param>
/// <param name="SpecDigest">See <see cref="Specs.SpecDigest"/>.</param>
public sealed record RunInput(CorpusManifest Corpus, SpanLengths Lengths, string SpecDigest)
{
    /// <summary>Samples to train on before the first is met again.</summary>
    public long SamplesPerEpoch => Corpus.Train.SampleCount(Lengths.Raw);

    /// <summary>The input of a spec.</summary>
    /// <exception cref="BadInputException">The corpus is missing, empty, damaged or too small, or does not go with the spec; the message names the field.</exception>
    public static RunInput Require(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var manifest = Whole(spec.Data.Corpus);
        ResolvedModel.From(spec.Model, manifest.Vocabulary.Size);
        var input = new RunInput(manifest, LengthsOf(spec), Specs.SpecDigest.Of(spec, manifest.Fingerprint));
        return input.SamplesPerEpoch > 0
            ? input
            : throw new BadInputException(
                $"data.corpus is too small: {spec.Data.Corpus} has {manifest.Train.Tokens} tokens to train on and one sample takes {input.Lengths.Raw}; name a larger corpus or a shorter data.input_length");
    }

    private static CorpusManifest Whole(string folder)
    {
        try
        {
            return CorpusManifest.LoadWhole(folder);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"data.corpus: {e.Message}", e);
        }
    }

    private static SpanLengths LengthsOf(RunSpec spec)
    {
        try
        {
            return SpanLengths.For(spec.Data.InputLength, spec.Objective.NoiseDensity, spec.Objective.MeanSpanLength);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new BadInputException($"data.input_length and objective do not go together: {e.Message}", e);
        }
    }
}
