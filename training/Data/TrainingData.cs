using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data.Objectives;
using Orchestrator.Training.Data.Remote;
using Orchestrator.Training.Data.Tasks;

namespace Orchestrator.Training.Data;

/// <summary>What a run trains on and is measured on, opened.</summary>
public sealed class TrainingData : IDisposable
{
    private readonly IDisposable[] _owned;

    private TrainingData(Corpus corpus, RunSpec spec)
    {
        _owned = [corpus];
        Corpus = corpus;
        var objective = ObjectiveFactory.Create(spec, corpus.Tokenizer);
        Train = Maker(corpus.Train, objective, spec);
        Validation = Maker(corpus.Validation.TokenCount > 0 ? corpus.Validation : corpus.Train, objective, spec);
        Tokenizer = corpus.Tokenizer;
        VocabularyFile = Path.Combine(corpus.Folder, CorpusManifest.VocabularyFileName);
        Fingerprint = corpus.Manifest.Fingerprint;
    }

    private TrainingData(TaskSet tasks, Tokenizer tokenizer, RunSpec spec)
    {
        _owned = [tasks, tokenizer];
        var tokens = new TaskTokens(tokenizer, spec.Data.InputLength, spec.Data.TargetLength);
        Notes = [.. tokens.RequireLengths(tasks), .. tasks.Tasks.SelectMany(task => task.Notes)];
        Train = TaskMicrobatches.ToTrain(tasks, tokens, spec);
        Validation = TaskMicrobatches.ToMeasure(tasks, tokens, spec);
        Questions = new TaskQuestions(tasks, tokens);
        Tokenizer = tokenizer;
        VocabularyFile = spec.Data.Vocabulary;
        Fingerprint = tasks.Fingerprint;
    }

    private TrainingData(Corpus corpus, TaskSet tasks, RunSpec spec)
    {
        _owned = [corpus, tasks];
        Corpus = corpus;
        Tokenizer = corpus.Tokenizer;
        VocabularyFile = Path.Combine(corpus.Folder, CorpusManifest.VocabularyFileName);
        var tokens = new TaskTokens(Tokenizer, spec.Data.InputLength, spec.Data.TargetLength);
        Notes = [.. tokens.RequireLengths(tasks), .. tasks.Tasks.SelectMany(task => task.Notes)];
        Train = new MixedMicrobatches(Maker(corpus.Train, ObjectiveFactory.Create(spec, Tokenizer), spec), tasks, tokens, spec);
        Validation = TaskMicrobatches.ToMeasure(tasks, tokens, spec);
        Questions = new TaskQuestions(tasks, tokens);
        Fingerprint = CorpusAmongTasks.Fingerprint(corpus.Manifest.Fingerprint, tasks);
    }

    /// <summary>What is trained on.</summary>
    public IMicrobatchSource Train { get; }

    /// <summary>What is held out, that of tasks where a corpus is learned beside them, or where a corpus holds out nothing, what is trained on; its samples are always those of epoch 0.</summary>
    public IMicrobatchSource Validation { get; }

    /// <summary>The held-out examples of tasks as questions; null where there are none.</summary>
    public TaskQuestions? Questions { get; }

    /// <summary>The vocabulary.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The vocabulary's file.</summary>
    public string VocabularyFile { get; }

    /// <summary>Identifies the content; part of <see cref="SpecDigest"/>.</summary>
    public string Fingerprint { get; }

    /// <summary>Sentences about the data that people should know, as how many examples were cut.</summary>
    public IReadOnlyList<string> Notes { get; } = [];

    /// <summary>The corpus, where the run trains on one.</summary>
    public Corpus? Corpus { get; }

    /// <summary>Where in an epoch's order samples are consumed that hold some of a stretch of the corpus's training tokens.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="range">The stretch.</param>
    /// <returns>Each sample with its position; none where the run trains on tasks.</returns>
    public IEnumerable<(long Position, SampleShare Share)> PositionsWith(long epoch, TokenRange range) =>
        Train is MicrobatchMaker maker ? maker.PositionsWith(epoch, range) : [];

    /// <summary>Has news told about stores that are waited for; they may come from any thread.</summary>
    public void OnWaiting(Action<StoreNews> tell) => Corpus?.OnWaiting(tell);

    /// <summary>Ends the waiting for stores, so that who reads can be stopped. Nothing more can be read.</summary>
    public void StopWaiting() => Corpus?.StopWaiting();

    /// <summary>Opens a spec's data.</summary>
    /// <exception cref="Core.BadInputException">It is missing, damaged or too small.</exception>
    public static TrainingData Open(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Data switch
        {
            { Tasks.Count: 0 } => OpenCorpus(spec),
            { Corpus.Length: 0 } => OpenTasks(spec),
            _ => OpenBoth(spec),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _owned)
        {
            part.Dispose();
        }
    }

    private static TrainingData OpenCorpus(RunSpec spec)
    {
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

    private static TrainingData OpenBoth(RunSpec spec)
    {
        var corpus = Corpus.Open(spec.Data.Corpus);
        TaskSet? tasks = null;
        try
        {
            tasks = TaskSet.Open(spec);
            return new TrainingData(corpus, tasks, spec);
        }
        catch
        {
            tasks?.Dispose();
            corpus.Dispose();
            throw;
        }
    }

    private static TrainingData OpenTasks(RunSpec spec)
    {
        var tasks = TaskSet.Open(spec);
        Tokenizer? tokenizer = null;
        try
        {
            tokenizer = Tokenizer.Load(spec.Data.Vocabulary);
            return new TrainingData(tasks, tokenizer, spec);
        }
        catch
        {
            tokenizer?.Dispose();
            tasks.Dispose();
            throw;
        }
    }

    private static MicrobatchMaker Maker(TokenStream stream, IObjective objective, RunSpec spec)
    {
        ISampleReader samples = spec.Data.Order == DataOrder.Documents ? new ShuffledDocuments(stream, spec.Seed) : stream;
        return new MicrobatchMaker(new StreamRows(samples, objective, spec.Seed), spec.Batch.Microbatch, spec.Seed);
    }
}
