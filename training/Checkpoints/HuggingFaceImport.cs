using Orchestrator.Core;
using Orchestrator.Training.Data;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Makes a checkpoint of step 0 from a Hugging Face T5 folder: the same weights, in fp32, with a manifest.</summary>
public static class HuggingFaceImport
{
    /// <summary>Imports a folder. One tensor at a time passes through memory.</summary>
    /// <param name="source">The folder.</param>
    /// <param name="target">The checkpoint's folder, which must not exist or be empty.</param>
    /// <param name="vocabulary">A spiece.model; null: the folder's own, if it has one.</param>
    /// <param name="clock">Time.</param>
    /// <param name="progress">Called with bytes written and bytes in all.</param>
    /// <param name="cancellationToken">Stops between tensors; nothing stays.</param>
    /// <exception cref="BadInputException">The folder is no T5, is not whole, or the vocabulary is not its own.</exception>
    public static CheckpointEntry Import(
        string source, string target, string? vocabulary, TimeProvider clock, Action<long, long> progress, CancellationToken cancellationToken = default)
    {
        using var folder = HuggingFaceFolder.Open(source);
        var spiece = vocabulary ?? folder.Vocabulary;
        if (spiece is not null)
        {
            using var tokenizer = Tokenizer.Load(spiece);
            if (tokenizer.VocabularySize > folder.Shape.Vocabulary)
            {
                throw new BadInputException($"vocab: '{spiece}' has {tokenizer.VocabularySize} tokens and the model {folder.Shape.Vocabulary}; name the vocabulary that it was trained with.");
            }
        }

        return PlainCheckpoint.Make(target, folder.Shape, folder.Tensors, spiece, clock, progress, cancellationToken);
    }
}
