using Orchestrator.Core;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using Orchestrator.Training.Native;
using TorchSharp;

namespace Orchestrator.Worker.Jobs;

/// <summary>A checkpoint's model and vocabulary, ready to generate.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel(CheckpointReader checkpoint, T5Model model, Tokenizer tokenizer) => (Checkpoint, Model, Tokenizer) = (checkpoint, model, tokenizer);

    /// <summary>The checkpoint.</summary>
    public CheckpointReader Checkpoint { get; }

    /// <summary>The model with its weights.</summary>
    public T5Model Model { get; }

    /// <summary>The vocabulary.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Opens a checkpoint's folder, or the newest one of a folder of checkpoints.</summary>
    /// <exception cref="BadInputException">There is none, it is damaged, or its parts do not belong together.</exception>
    public static LoadedModel Open(string path)
    {
        Kernels.Threads = torch.get_num_threads();
        var checkpoint = CheckpointCatalog.Open(path, specDigest: null, Console.Error.WriteLine);
        T5Model? model = null;
        Tokenizer? tokenizer = null;
        try
        {
            model = new T5Model(HuggingFaceConfig.Read(Path.Combine(checkpoint.Folder, HuggingFaceFiles.ConfigFileName)));
            checkpoint.CopyModel(model.Parameters.WeightViews);
            tokenizer = Tokenizer.Load(Path.Combine(checkpoint.Folder, HuggingFaceFiles.VocabularyFileName));
            return tokenizer.VocabularySize <= model.Shape.Vocabulary
                ? new LoadedModel(checkpoint, model, tokenizer)
                : throw new BadInputException(
                    $"The vocabulary of '{checkpoint.Folder}' has {tokenizer.VocabularySize} tokens and the model {model.Shape.Vocabulary}; they do not belong together.");
        }
        catch
        {
            tokenizer?.Dispose();
            model?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tokenizer.Dispose();
        Model.Dispose();
        Checkpoint.Dispose();
    }
}
