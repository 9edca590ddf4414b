using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;

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

        var manifest = NewFolder.Make(target, partial =>
        {
            var files = new CheckpointFolder(partial);
            files.WriteTensors("model", folder.Tensors, new CheckpointOptions().MaxShardBytes, TensorType.F32, onlyName: null, (done, total) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress(done, total);
            });
            files.WriteBytes(SafetensorsFolder.IndexFileName, HuggingFaceFiles.Index(files.TensorBytes, files.Tensors.Select(tensor => (tensor.Name, tensor.File))));
            files.WriteBytes(HuggingFaceFiles.ConfigFileName, Encoding.UTF8.GetBytes(HuggingFaceConfig.Write(folder.Shape)));
            if (spiece is not null)
            {
                files.WriteVocabulary(spiece);
            }

            var made = new CheckpointManifest
            {
                ProductVersion = typeof(HuggingFaceImport).Assembly.GetName().Version?.ToString(3) ?? "",
                Created = clock.GetUtcNow(),
                SpecDigest = "",
                Step = 0,
                Cursor = new CheckpointCursor(0, 0),
                WeightsDigest = WeightsDigest.Text(DigestOf(partial)),
                Files = files.Files,
                Tensors = files.Tensors,
            };
            files.WriteManifest(made);
            return made;
        });
        return new CheckpointEntry(target, manifest);
    }

    // Of what was written, so that it is the digest of the values in fp32.
    private static ulong DigestOf(string folder)
    {
        using var written = new SafetensorsFolder(folder);
        return WeightsDigest.Of(written.Names.Select(name => written.Find(name)!.Value));
    }
}
