using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Data.Remote;

namespace Orchestrator.Training.Data;

/// <summary>A built corpus: its manifest, vocabulary and token streams.</summary>
public sealed class Corpus : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly IReadOnlyList<CorpusFolder> _folders;

    private Corpus(
        string folder, CorpusManifest manifest, Tokenizer tokenizer, TokenStream train, TokenStream validation, IReadOnlyList<CorpusFolder> folders)
    {
        _folders = folders;
        Folder = folder;
        Manifest = manifest;
        Tokenizer = tokenizer;
        Train = train;
        Validation = validation;
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>What it holds.</summary>
    public CorpusManifest Manifest { get; }

    /// <summary>Its vocabulary.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>What is trained on.</summary>
    public TokenStream Train { get; }

    /// <summary>What is held out.</summary>
    public TokenStream Validation { get; }

    /// <summary>The training shards' paths without extension, in the order of <see cref="Train"/>; where tokens are in a store, their .bin files are not there.</summary>
    public IEnumerable<string> TrainShards => _folders.SelectMany(folder => folder.Manifest.Train.Shards.Select(name => Path.Combine(Path.GetFullPath(folder.Path), name)));

    /// <summary>Has news told about stores that are waited for; they may come from any thread.</summary>
    public void OnWaiting(Action<StoreNews> tell)
    {
        foreach (var folder in _folders)
        {
            folder.OnWaiting(tell);
        }
    }

    /// <summary>Ends the waiting for stores: who reads gets an <see cref="OperationCanceledException"/>. Nothing more can be read.</summary>
    public void StopWaiting()
    {
        foreach (var folder in _folders)
        {
            folder.StopWaiting();
        }
    }

    /// <summary>What counting alone achieves on the validation tokens.</summary>
    /// <exception cref="BadInputException">baselines.json is missing or cannot be read.</exception>
    public NgramBaselines Baselines
    {
        get
        {
            var path = Path.Combine(Folder, CorpusManifest.BaselinesFileName);
            try
            {
                return JsonSerializer.Deserialize<NgramBaselines>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("it is empty");
            }
            catch (Exception error) when (error is JsonException or FileNotFoundException)
            {
                throw new BadInputException($"The file '{path}' cannot be read ({error.Message}); build the corpus again.", error);
            }
        }
    }

    /// <summary>Opens a corpus folder; sizes and the vocabulary's digest are checked, shards' digests are not (that reads every byte).</summary>
    /// <exception cref="BadInputException">There is no corpus, it is empty, or its parts do not belong together.</exception>
    public static Corpus Open(string folder)
    {
        var manifest = CorpusManifest.LoadWhole(folder);
        var tokenizer = Tokenizer.Load(Path.Combine(folder, CorpusManifest.VocabularyFileName));
        try
        {
            if (tokenizer.PieceCount != manifest.Vocabulary.Pieces)
            {
                throw new BadInputException(
                    $"The vocabulary '{Path.Combine(folder, CorpusManifest.VocabularyFileName)}' has {tokenizer.PieceCount} pieces and the manifest says {manifest.Vocabulary.Pieces}; build the corpus again.");
            }

            return CorpusMixture.IsAt(folder) ? Mixed(folder, manifest, tokenizer) : Plain(folder, manifest, tokenizer);
        }
        catch
        {
            tokenizer.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
        Tokenizer.Dispose();
        foreach (var folder in _folders)
        {
            folder.Dispose();
        }
    }

    private static Corpus Plain(string folder, CorpusManifest manifest, Tokenizer tokenizer)
    {
        var source = new CorpusFolder(folder, manifest);
        try
        {
            return new Corpus(folder, manifest, tokenizer, Stream(source, manifest.Train), Stream(source, manifest.Validation), [source]);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static Corpus Mixed(string folder, CorpusManifest manifest, Tokenizer tokenizer)
    {
        var parts = CorpusMixture.Load(folder).Corpora
            .Select(entry => (Source: new CorpusFolder(entry.Corpus, CorpusManifest.Load(entry.Corpus)), entry.Weight)).ToList();
        var train = new MixedStream([.. parts.Select(part => (part.Source.Shards(part.Source.Manifest.Train), part.Weight))]);
        var validation = new TokenStream(parts.SelectMany(part => part.Source.Shards(part.Source.Manifest.Validation)));
        return new Corpus(folder, manifest, tokenizer, train, validation, [.. parts.Select(part => part.Source)]);
    }

    private static TokenStream Stream(CorpusFolder source, SplitEntry split)
    {
        var stream = new TokenStream(source.Shards(split));
        if (stream.TokenCount != split.Tokens || stream.DocumentCount != split.Documents)
        {
            stream.Dispose();
            throw new BadInputException(
                $"The corpus '{source.Path}' has {stream.TokenCount} tokens in {string.Join(", ", split.Shards)} and the manifest says {split.Tokens}; build the corpus again.");
        }

        return stream;
    }
}
