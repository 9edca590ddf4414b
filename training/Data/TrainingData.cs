using Orchestrator.Core.Data;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data.Objectives;

namespace Orchestrator.Training.Data;

/// <summary>What a run trains on and is measured on, opened.</summary>
public sealed class TrainingData : IDisposable
{
    private readonly Corpus _corpus;

    private TrainingData(Corpus corpus, RunSpec spec)
    {
        _corpus = corpus;
        var objective = ObjectiveFactory.Create(spec, corpus.Tokenizer);
        Train = Maker(corpus.Train, objective, spec);
        Validation = Maker(corpus.Validation, objective, spec);
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

    private static MicrobatchMaker Maker(TokenStream stream, IObjective objective, RunSpec spec) =>
        new(new StreamRows(stream, objective, spec.Seed), spec.Batch.Microbatch, spec.Seed);
}
