using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using TorchSharp;

namespace Orchestrator.Worker.Jobs;

/// <summary>A folder's model and vocabulary, ready to generate.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel(string folder, ILanguageModel model, Tokenizer tokenizer) => (Folder, Model, Tokenizer) = (folder, model, tokenizer);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Steps of training, where they are known.</summary>
    public long? Step => ModelFolders.Step(Folder);

    /// <summary>The model with its weights.</summary>
    public ILanguageModel Model { get; }

    /// <summary>The model, which can generate.</summary>
    /// <exception cref="BadInputException">It cannot: it is an encoder.</exception>
    public IGenerativeModel Generator => Model as IGenerativeModel
        ?? throw new BadInputException($"'{Folder}' holds a {Model.Shape.Family}, an encoder, which fills in masked tokens and generates nothing; name a T5 or GPT.");

    /// <summary>The vocabulary.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Opens a checkpoint's folder, the newest one of a folder of checkpoints, or a Hugging Face folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="adapt">What of it is trained; null: it is not.</param>
    /// <exception cref="BadInputException">There is none, it is damaged, or its parts do not belong together.</exception>
    public static LoadedModel Open(string path, Func<ResolvedModel, Adaptation>? adapt = null)
    {
        Kernels.Threads = torch.get_num_threads();
        var resolved = ModelFolders.Resolve(path, verify: true, Console.Error.WriteLine);
        if (AdapterConfig.Read(resolved) is { } config)
        {
            return adapt is null
                ? OpenAdapted(resolved, config)
                : throw new BadInputException($"'{resolved}' holds an adapter; merge it into its model first, with 'orchestrator checkpoint merge'.");
        }

        using var folder = HuggingFaceFolder.Open(resolved);
        var tokenizer = Tokenizer.Load(folder.Vocabulary
            ?? throw new BadInputException($"'{folder.Folder}' has no {HuggingFaceFiles.VocabularyFileName}; copy the one that the model was trained with there, or import the folder with --vocab."));
        if (tokenizer.VocabularySize > folder.Shape.Vocabulary)
        {
            var size = tokenizer.VocabularySize;
            tokenizer.Dispose();
            throw new BadInputException($"The vocabulary of '{folder.Folder}' has {size} tokens and the model {folder.Shape.Vocabulary}; they do not belong together.");
        }

        var model = LanguageModels.Create(folder.Shape, adaptation: adapt?.Invoke(folder.Shape) ?? Adaptation.OfNothing(folder.Shape));
        folder.CopyTo([.. model.Parameters.WeightViews.Where(view => !LowRankShape.IsUpdate(view.Name))]);
        return new LoadedModel(folder.Folder, model, tokenizer);
    }

    private static LoadedModel OpenAdapted(string folder, AdapterConfig config)
    {
        var (model, _) = AdaptedModel.Open(folder, config, Console.Error.WriteLine);
        try
        {
            return new LoadedModel(folder, model, Tokenizer.Load(Path.Combine(folder, HuggingFaceFiles.VocabularyFileName)));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tokenizer.Dispose();
        Model.Dispose();
    }
}
