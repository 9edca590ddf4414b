using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Writes a T5 as the folder that transformers' save_pretrained would write: weights, configuration, vocabulary; nothing of the run.</summary>
public static class HuggingFaceExport
{
    /// <summary>Exports a checkpoint, or another Hugging Face folder. One piece of a tensor at a time passes through memory.</summary>
    /// <param name="source">The checkpoint's folder.</param>
    /// <param name="target">The new folder, which must not exist or be empty.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="maxShardBytes">Bytes of tensors in one file at most; a larger tensor has a file of its own.</param>
    /// <param name="progress">Called with bytes written and bytes in all.</param>
    /// <param name="cancellationToken">Stops between tensors; nothing stays.</param>
    /// <returns>The files of weights.</returns>
    /// <exception cref="BadInputException">The folder is no T5, or a value does not fit the format.</exception>
    public static IReadOnlyList<string> Export(
        string source, string target, TensorType type, long maxShardBytes, Action<long, long> progress, CancellationToken cancellationToken = default)
    {
        using var folder = HuggingFaceFolder.Open(source);
        return NewFolder.Make(target, partial =>
        {
            var files = new CheckpointFolder(partial);
            files.WriteTensors("model", folder.Tensors, maxShardBytes, type, SafetensorsFolder.SingleFileName, (done, total) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress(done, total);
            });
            string[] weights = [.. files.Files.Select(file => file.Name)];
            if (weights.Length > 1)
            {
                files.WriteBytes(SafetensorsFolder.IndexFileName, HuggingFaceFiles.Index(files.TensorBytes, files.Tensors.Select(tensor => (tensor.Name, tensor.File))));
            }

            files.WriteBytes(HuggingFaceFiles.ConfigFileName, Encoding.UTF8.GetBytes(HuggingFaceConfig.Write(folder.Shape, type)));
            files.WriteBytes(HuggingFaceFiles.GenerationFileName, HuggingFaceFiles.Generation());
            if (folder.Vocabulary is { } vocabulary)
            {
                files.WriteVocabulary(vocabulary);
            }

            return weights;
        });
    }
}
