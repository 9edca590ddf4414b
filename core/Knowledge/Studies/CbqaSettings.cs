using System.Security.Cryptography;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A published model made again: what <c>study cbqa</c> was asked for. Paths are absolute.</summary>
public sealed record CbqaSettings
{
    private const string ConfigFile = "config.json";

    /// <summary>One of <see cref="ClosedBookRecipes.Sizes"/>.</summary>
    public required string Size { get; init; }

    /// <summary>One of <see cref="ClosedBookRecipes.Datasets"/>.</summary>
    public required string Dataset { get; init; }

    /// <summary>Files of questions to train on.</summary>
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>The file of questions to be tested on.</summary>
    public required string Test { get; init; }

    /// <summary>The pre-trained checkpoint: a folder of the product's own, or one of Hugging Face; null: it is pre-trained on the corpus.</summary>
    public string? From { get; init; }

    /// <summary>The corpus to pre-train on and to take sentences from, or null.</summary>
    public string? Corpus { get; init; }

    /// <summary>A folder that <c>corpus spans</c> made, in place of the corpus's; or null.</summary>
    public string? Spans { get; init; }

    /// <summary>Whether salient spans are read before the questions.</summary>
    public bool Salient { get; init; } = true;

    /// <summary>What steps and batches are multiplied by.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Share of the questions that is held out in place of the published rows; 0: those.</summary>
    public double HeldOut { get; init; }

    /// <summary>Seed of the weights and of every order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Workers of a run.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Compute threads of a worker.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether the checkpoint to begin with is one of Hugging Face's, which is imported first.</summary>
    public bool Imports => From is not null && !File.Exists(Path.Combine(From, CheckpointManifest.FileName));

    /// <summary>The vocabulary that everything is read with.</summary>
    public string Vocabulary => Path.Combine(From ?? Corpus!, CorpusManifest.VocabularyFileName);

    /// <summary>Checks everything that can be known before anything begins.</summary>
    /// <returns>Sentences where files of questions hold other numbers of rows than are published.</returns>
    /// <exception cref="BadInputException">Something is missing or does not go together; the message names the option.</exception>
    public IReadOnlyList<string> Validate()
    {
        Require(ClosedBookRecipes.Sizes.Contains(Size), $"--size: there is no recipe for '{Size}'; choose from {string.Join(", ", ClosedBookRecipes.Sizes)}.");
        Require(ClosedBookRecipes.Datasets.Contains(Dataset), $"--dataset: there is no recipe for '{Dataset}'; choose from {string.Join(", ", ClosedBookRecipes.Datasets)}.");
        Require(Scale is > 0 and <= 1, FormattableString.Invariant($"--scale: it was {Scale}; choose above 0 and at most 1."));
        Require(HeldOut is >= 0 and < 1, FormattableString.Invariant($"--held-out: it was {HeldOut}; choose from 0 and below 1."));
        Require(Workers >= 1, $"--workers: it was {Workers}; choose at least 1.");
        Require(Threads >= 1, $"--threads: it was {Threads}; choose at least 1.");
        Require(From is not null || Corpus is not null, "--from: there is neither a pre-trained checkpoint nor a corpus to pre-train on; name one with --from or --corpus.");
        Require(!Salient || Corpus is not null || Spans is not null, "--corpus: salient spans are taken from a corpus, and none is named; name one, or the folder that 'orchestrator corpus spans' made with --spans, or leave them out with --no-ssm.");
        Require(Salient || Spans is null, "--spans: salient spans are named and left out with --no-ssm at once; leave out one of the two options.");
        RequireFolders();
        RequireShape();
        var notes = RequireQuestions();
        if (From is null)
        {
            _ = RunInput.Require(CbqaSpecs.Pretrain(this));
        }
        else if (!Imports)
        {
            _ = RunInput.Require(CbqaSpecs.Finetune(this, CbqaSpecs.StartOf(From)));
        }

        return notes;
    }

    /// <summary>The shapes of a size's model, over the vocabulary that is read with.</summary>
    /// <param name="size">One of <see cref="ClosedBookRecipes.Sizes"/>.</param>
    /// <exception cref="BadInputException">The vocabulary cannot be used, or has more pieces than the model has room for.</exception>
    internal ResolvedModel Shape(string size)
    {
        try
        {
            return ResolvedModel.From(ClosedBookRecipes.Finetune(size, Dataset).Model, SentencePieceFile.CountPieces(File.ReadAllBytes(Vocabulary)) + SpanLengths.SentinelCount);
        }
        catch (InvalidDataException e)
        {
            throw new BadInputException($"{(From is null ? "--corpus" : "--from")}: {Vocabulary} cannot be used: {e.Message}; put the spiece.model of the model there.", e);
        }
    }

    // The weights to begin with must be of the size's shapes, whoever wrote them.
    private void RequireShape()
    {
        if (From is null || !File.Exists(Path.Combine(From, ConfigFile)))
        {
            return;
        }

        var there = ShapeThere(Path.Combine(From, ConfigFile));
        var differences = ModelShapes.Differences(there, Shape(Size));
        if (differences.Count > 0)
        {
            var fitting = ClosedBookRecipes.Sizes.FirstOrDefault(size => ModelShapes.Differences(there, Shape(size)).Count == 0);
            throw new BadInputException(
                $"--from: {From} is {string.Join(", ", differences.Select(field => $"{field.Field} {field.There}"))}, --size {Size} has {string.Join(", ", differences.Select(field => field.Here))}; {(fitting is null ? "" : $"choose --size {fitting}, or ")}name the folder of a {Size} model.");
        }
    }

    private static ResolvedModel ShapeThere(string config)
    {
        try
        {
            return HuggingFaceConfig.Read(config);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"--from: {e.Message.TrimEnd('.')}; name the folder of a T5, as Hugging Face or a run of one's own has it.", e);
        }
    }

    private void RequireFolders()
    {
        Require(From is null || Directory.Exists(From), $"--from: {From} does not exist; name a checkpoint's folder, or one of Hugging Face.");
        Require(
            From is null || !Imports || File.Exists(Path.Combine(From, ConfigFile)),
            $"--from: {From} has neither {CheckpointManifest.FileName} nor config.json; name a checkpoint's folder such as step-00001000, or one of Hugging Face.");
        Require(From is null || File.Exists(Vocabulary), $"--from: {From} has no {CorpusManifest.VocabularyFileName}; put the vocabulary of the model there.");
        if (Corpus is not null)
        {
            Require(Directory.Exists(Corpus), $"--corpus: {Corpus} does not exist; name a corpus folder, from 'orchestrator corpus build'.");
            var digest = CorpusManifest.Load(Corpus).Vocabulary.Sha256;
            Require(From is null || Digest(Vocabulary) == digest, $"--corpus: {Corpus} has another vocabulary than {From}; build it with --vocabulary {Vocabulary}.");
        }

        if (Salient && Spans is not null)
        {
            var sentences = Path.Combine(Spans, CbqaSpecs.Sentences);
            Require(File.Exists(sentences), $"--spans: {sentences} does not exist; name the folder that 'orchestrator corpus spans CORPUS --out DIR' made.");
            Require(new FileInfo(sentences).Length > 0, $"--spans: {sentences} is empty, so that there are no spans; name a folder of another corpus, or leave salient spans out with --no-ssm.");
        }
    }

    // Sentences on numbers of rows that are none of the published ones.
    private List<string> RequireQuestions()
    {
        var published = ClosedBookTask.Named(Dataset);
        foreach (var file in Data)
        {
            Require(File.Exists(file), $"--data: {file} does not exist; name the files of {published.Title} to train on.");
        }

        Require(File.Exists(Test), $"--test: {Test} does not exist; name the file of {published.Title} to be tested on.");
        var (_, note) = EvaluationExample.Read(Test, published, limit: null, field: "--test");
        try
        {
            using var tasks = TaskSet.Open(CbqaSpecs.Finetune(this, new StudyStart(Vocabulary, "")));
            return [.. tasks.Tasks.SelectMany(task => task.Notes).Select(Named), .. new[] { note }.OfType<string>()];
        }
        catch (BadInputException e)
        {
            throw new BadInputException(Named(e.Message).Replace("held_out: ", "--held-out ", StringComparison.Ordinal), e);
        }

        static string Named(string sentence) => sentence.Replace("data.tasks[0].train", "--data", StringComparison.Ordinal);
    }

    private static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new BadInputException(sentence);
        }
    }

    /// <summary>The digest of a file's content.</summary>
    internal static string Digest(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
