using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Core.Specs;

/// <summary>Binds a spec that starts from another checkpoint to that checkpoint's weights.</summary>
internal static class StartWeights
{
    /// <summary>The model with the digest of its first weights in <c>start_digest</c>, where the checkpoint can be read.</summary>
    /// <param name="model">The model as specified, <c>start_from</c> being an absolute path.</param>
    /// <param name="here">Whether the spec is read where its paths are; if not, both fields must be there.</param>
    /// <param name="binder">Gains what is wrong.</param>
    public static ModelSpec Bind(ModelSpec model, bool here, SpecBinder binder)
    {
        if (!here || model.StartFrom is not { Length: > 0 } path)
        {
            Require(model, binder);
            return model;
        }

        var manifest = Path.Combine(path, CheckpointManifest.FileName);
        try
        {
            // A run that goes on has its weights; it needs no more than their first digest.
            if (File.Exists(manifest) || model.StartDigest is null)
            {
                var digest = CheckpointManifest.Parse(File.ReadAllBytes(manifest)).WeightsDigest;
                binder.Rule(model.StartDigest is null || model.StartDigest == digest, $"must be {digest}, the digest of the weights in {path}, was {model.StartDigest}; leave it out or name that checkpoint", "model.start_digest", "model.start_from");
                return model with { StartDigest = model.StartDigest ?? digest };
            }
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            binder.Add("model.start_from", $"must be a checkpoint's folder with a {CheckpointManifest.FileName}, and {path} has none; {Fix(path)}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            binder.Add("model.start_from", $"cannot be read: {error.Message}");
        }

        return model;
    }

    private static string Fix(string path)
    {
        if (File.Exists(Path.Combine(path, "config.json")))
        {
            return $"make one of this Hugging Face folder with: orchestrator checkpoint import {path} --out {path}-imported";
        }

        var run = Path.Combine(path, CheckpointNames.Root);
        var folders = Directory.Exists(run) ? Directory.GetDirectories(run).Where(folder => CheckpointNames.Step(Path.GetFileName(folder)) is not null).Order(StringComparer.Ordinal).ToArray() : [];
        return folders.Length > 0
            ? $"name a checkpoint of this run, such as {folders[^1]}"
            : "name a folder such as step-00001000, or make one of a Hugging Face folder with: orchestrator checkpoint import FOLDER --out NEW";
    }

    /// <summary>Refuses a folder without the digest of its weights, or the digest alone.</summary>
    private static void Require(ModelSpec model, SpecBinder binder)
    {
        if (model.StartFrom is { Length: > 0 } && model.StartDigest is null)
        {
            binder.Add("model.start_digest", "is missing beside model.start_from; submit the spec from a machine that sees that folder, or name its weights' digest");
        }

        if (model.StartFrom is not { Length: > 0 } && (model.StartDigest ?? model.StartFrom) is not null)
        {
            binder.Add("model.start_from", "must name the folder whose weights have model.start_digest; leave out both to start from the seed");
        }
    }
}
