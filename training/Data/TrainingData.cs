using Orchestrator.Core.Data;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Data;

/// <summary>What a run trains on and is measured on, opened.</summary>
public sealed class TrainingData : IDisposable
{
    private readonly Corpus _corpus;

    private TrainingData(Corpus corpus, RunSpec spec)
    {
        _corpus = corpus;
        var corruption = new SpanCorruption(corpus.Tokenizer.VocabularySize, spec.Objective.NoiseDensity, spec.Objective.MeanSpanLength);
        Train = new MicrobatchMaker(corpus.Train, corruption, spec.Data.InputLength, spec.Batch.Microbatch, spec.Seed);
        Validation = new MicrobatchMaker(corpus.Validation, corruption, spec.Data.InputLength, spec.Batch.Microbatch, spec.Seed);
    }

    /// <summary>What is trained on.</summary>
    public IMicrobatchSource Train { get; }

    /// <summary>What is held out; its samples are always those of epoch 0.</summary>
    public IMicrobatchSource Validation { get; }

    /// <summary>The vocabulary.</summary>
    public Tokenizer Tokenizer => _corpus.Tokenizer;

    /// <summary>The vocabulary's file.</summary>
    public string VocabularyFile => Path.Combine(_corpus.Folder, CorpusManifest.VocabularyFileName);

    /// <summary>Identifies the content; part of <see cref="SpecDigest"/>.</summary>
    public string Fingerprint => _corpus.Manifest.Fingerprint;

    /// <summary>Opens a spec's data.</summary>
    /// <exception cref="Core.BadInputException">It is missing, damaged or too small.</exception>
    public static TrainingData Open(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var corpus = Corpus.Open(spec.Data.Corpus);
        try
        {
            return new TrainingData(corpus, spec);
        }
        catch
        {
            corpus.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _corpus.Dispose();
}
