using System.Text;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Makes a checkpoint of step 0 of weights alone: what a run can start from.</summary>
public static class PlainCheckpoint
{
    /// <summary>Writes a folder, which must not exist or be empty.</summary>
    /// <param name="target">The folder.</param>
    /// <param name="shape">The model's shapes.</param>
    /// <param name="tensors">Its weights, written in fp32.</param>
    /// <param name="vocabulary">A spiece.model, or null.</param>
    /// <param name="clock">Time.</param>
    /// <param name="progress">Called with bytes written and bytes in all.</param>
    /// <param name="cancellationToken">Stops between tensors; nothing stays.</param>
    public static CheckpointEntry Make(
        string target, ResolvedModel shape, IReadOnlyList<TensorView> tensors, string? vocabulary, TimeProvider clock, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var manifest = NewFolder.Make(target, partial =>
        {
            var files = new CheckpointFolder(partial);
            files.WriteTensors("model", tensors, new CheckpointOptions().MaxShardBytes, TensorType.F32, onlyName: null, (done, total) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress(done, total);
            });
            files.WriteBytes(SafetensorsFolder.IndexFileName, HuggingFaceFiles.Index(files.TensorBytes, files.Tensors.Select(tensor => (tensor.Name, tensor.File))));
            files.WriteBytes(HuggingFaceFiles.ConfigFileName, Encoding.UTF8.GetBytes(HuggingFaceConfig.Write(shape)));
            if (vocabulary is not null)
            {
                files.WriteVocabulary(vocabulary);
            }

            var made = new CheckpointManifest
            {
                ProductVersion = typeof(PlainCheckpoint).Assembly.GetName().Version?.ToString(3) ?? "",
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
