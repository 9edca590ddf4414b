using System.Security.Cryptography;
using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;

namespace Orchestrator.Core.Specs;

/// <summary>What a run works on, held against its spec before anything starts.</summary>
/// <param name="Fingerprint">Identifies the content; part of the digest.</param>
/// <param name="Vocabulary">Pieces and sentinels of the vocabulary.</param>
/// <param name="Lengths">How long its samples are.</param>
/// <param name="SamplesPerEpoch">Samples to train on before the first is met again.</param>
/// <param name="SpecDigest">See <see cref="Specs.SpecDigest"/>.</param>
public sealed record RunInput(string Fingerprint, int Vocabulary, SampleLengths Lengths, long SamplesPerEpoch, string SpecDigest)
{
    /// <summary>The input of a spec.</summary>
    /// <exception cref="BadInputException">The data is missing, empty, damaged or too small, or does not go with the spec; the message names the field.</exception>
    public static RunInput Require(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var input = spec.Data switch
        {
            { Tasks.Count: 0 } => OfCorpus(spec),
            { Corpus.Length: 0 } => OfTasks(spec),
            _ => OfBoth(spec),
        };
        StartShapes.Require(spec.Model, ResolvedModel.From(spec.Model, input.Vocabulary));
        return input;
    }

    private static RunInput OfCorpus(RunSpec spec)
    {
        var (manifest, lengths, samples) = Samples(spec);
        return new RunInput(manifest.Fingerprint, manifest.Vocabulary.Size, lengths, samples, Specs.SpecDigest.Of(spec, manifest.Fingerprint));
    }

    private static RunInput OfBoth(RunSpec spec)
    {
        var (manifest, lengths, samples) = Samples(spec);
        using var tasks = TaskSet.Open(spec);
        if (Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(spec.Data.Vocabulary))) != manifest.Vocabulary.Sha256)
        {
            throw new BadInputException($"data.vocabulary: {spec.Data.Vocabulary} is not the vocabulary of data.corpus; leave it out to use that one.");
        }

        var fingerprint = CorpusAmongTasks.Fingerprint(manifest.Fingerprint, tasks);
        return new RunInput(
            fingerprint, manifest.Vocabulary.Size, lengths, new CorpusAmongTasks(tasks, samples, spec.Data).Count, Specs.SpecDigest.Of(spec, fingerprint));
    }

    private static (CorpusManifest Manifest, SampleLengths Lengths, long Count) Samples(RunSpec spec)
    {
        var manifest = Whole(spec.Data.Corpus);
        var lengths = ObjectiveLengths.Of(spec);
        if (spec.Data.Order == DataOrder.Documents && manifest.Train.Mixed is not null)
        {
            throw new BadInputException("data.order: documents cannot be had of a mixture of corpora; build one corpus of all texts, or choose samples.");
        }

        var samples = manifest.Train.SampleCount(lengths.Raw, spec.Data.Order);
        return samples > 0
            ? (manifest, lengths, samples)
            : throw new BadInputException(
                $"data.corpus is too small: {spec.Data.Corpus} has {manifest.Train.Tokens} tokens to train on and one sample takes {lengths.Raw}; name a larger corpus or a shorter data.input_length");
    }

    private static RunInput OfTasks(RunSpec spec)
    {
        using var tasks = TaskSet.Open(spec);
        var lengths = new SampleLengths(0, spec.Data.InputLength, spec.Data.TargetLength);
        return new RunInput(tasks.Fingerprint, VocabularySize(spec.Data.Vocabulary), lengths, tasks.TrainCount, Specs.SpecDigest.Of(spec, tasks.Fingerprint));
    }

    private static int VocabularySize(string path)
    {
        try
        {
            return SentencePieceFile.CountPieces(File.ReadAllBytes(path)) + SpanLengths.SentinelCount;
        }
        catch (InvalidDataException e)
        {
            throw new BadInputException($"data.vocabulary: {path} cannot be used: {e.Message}; name a spiece.model.", e);
        }
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
}
