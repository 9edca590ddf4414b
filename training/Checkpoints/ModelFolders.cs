using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Which folder holds the model that a person names: a checkpoint's, a run's, or one from Hugging Face.</summary>
public static class ModelFolders
{
    /// <summary>The folder with the model's config.json.</summary>
    /// <param name="path">A checkpoint's folder, a folder of checkpoints (then the newest whole one), or a Hugging Face folder.</param>
    /// <param name="verify">Whether a checkpoint's every byte is held against its manifest.</param>
    /// <param name="warn">Gets a sentence for each damaged checkpoint that is passed over.</param>
    /// <exception cref="BadInputException">There is none, or it is damaged.</exception>
    public static string Resolve(string path, bool verify, Action<string> warn)
    {
        if (!Directory.Exists(path))
        {
            throw new BadInputException($"The folder '{path}' does not exist; name a checkpoint's folder, a run's, or a Hugging Face T5's.");
        }

        var manifest = File.Exists(Path.Combine(path, CheckpointManifest.FileName));
        if (File.Exists(Path.Combine(path, HuggingFaceFiles.ConfigFileName)) && !(manifest && verify))
        {
            return path;
        }

        using var checkpoint = CheckpointCatalog.Open(path, specDigest: null, warn);
        return checkpoint.Folder;
    }

    /// <summary>Steps of training that a folder's manifest tells of; null where it has none.</summary>
    public static long? Step(string folder) =>
        File.Exists(Path.Combine(folder, CheckpointManifest.FileName)) ? CheckpointCatalog.ReadManifest(folder).Step : null;
}
