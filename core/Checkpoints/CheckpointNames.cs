using System.Globalization;

namespace Orchestrator.Core.Checkpoints;

/// <summary>Names of folders and files of checkpoints.</summary>
public static class CheckpointNames
{
    /// <summary>Name of the folder of checkpoints in a run's folder.</summary>
    public const string Root = "checkpoints";

    /// <summary>Start of the names of folders that are being written or removed; they are no checkpoints.</summary>
    public const string Temporary = ".tmp-";

    private const string Prefix = "step-";

    /// <summary>The folder of a step: step-00000200.</summary>
    public static string Folder(long step) => Prefix + step.ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>The step of a folder's name, or null where it is not one of ours.</summary>
    public static long? Step(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return folder.StartsWith(Prefix, StringComparison.Ordinal)
            && long.TryParse(folder.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            && Folder(step) == folder
                ? step
                : null;
    }

    /// <summary>A shard's file name: model-00001-of-00002.safetensors.</summary>
    /// <param name="kind">model or optimizer.</param>
    /// <param name="index">From 0.</param>
    /// <param name="count">Number of shards.</param>
    public static string Shard(string kind, int index, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind}-{index + 1:D5}-of-{count:D5}.safetensors");
}
