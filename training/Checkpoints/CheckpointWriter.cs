using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Saves checkpoints below one folder, on a thread of its own.</summary>
/// <remarks>
/// A checkpoint is written under a temporary name, its files and folder are flushed to disk, and it is renamed: after a crash
/// at any moment it is there in full or not at all. Not thread-safe.
/// </remarks>
public sealed class CheckpointWriter : IDisposable
{
    private readonly string _root;
    private readonly CheckpointOptions _options;
    private readonly TimeProvider _clock;
    private readonly Staging _staging = new();
    private Task<SavedCheckpoint>? _pending;

    /// <summary>Writes below a folder, which is made with the first checkpoint.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public CheckpointWriter(string root, CheckpointOptions options, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Keep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxShardBytes, 1);
        (_root, _options, _clock) = (Path.GetFullPath(root), options, clock);
    }

    /// <summary>Copies the tensors and returns; they may change from then on. Waits first for the save before this one.</summary>
    /// <returns>Done when the checkpoint stands. Fails with <see cref="CheckpointException"/>; then nothing of it is left, and older ones are untouched.</returns>
    public Task<SavedCheckpoint> Save(CheckpointContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var started = Stopwatch.GetTimestamp();
        WaitForPending();
        var staged = _staging.Copy(content.Model.Concat(content.Optimizer));
        var copy = content with { Model = [.. staged.Take(content.Model.Count)], Optimizer = [.. staged.Skip(content.Model.Count)] };
        var stall = Stopwatch.GetElapsedTime(started);
        _pending = Task.Factory.StartNew(
            () => WriteOrExplain(copy, started, stall), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return _pending;
    }

    /// <summary>Waits for the save under way; its outcome is that of its task.</summary>
    public void Dispose()
    {
        WaitForPending();
        _staging.Dispose();
    }

    private void WaitForPending() => _pending?.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();

    private SavedCheckpoint WriteOrExplain(CheckpointContent content, long started, TimeSpan stall)
    {
        try
        {
            Directory.CreateDirectory(_root);
            using var held = FolderLock.Acquire(_root, _options.Holder);
            return Write(content, started, stall);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            var bytes = content.Model.Concat(content.Optimizer).Sum(tensor => tensor.Bytes);
            throw new CheckpointException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The checkpoint of step {content.Step} ({Math.Ceiling(bytes / 1e6):N0} MB) was not saved: {error.Message.TrimEnd('.')}; older checkpoints are untouched."),
                error);
        }
    }

    private SavedCheckpoint Write(CheckpointContent content, long started, TimeSpan stall)
    {
        RemoveLeftovers();
        var temporary = Path.Combine(_root, string.Create(CultureInfo.InvariantCulture, $"{CheckpointNames.Temporary}{CheckpointNames.Folder(content.Step)}-{Environment.ProcessId}"));
        var final = Path.Combine(_root, CheckpointNames.Folder(content.Step));
        byte[] bytes;
        CheckpointManifest manifest;
        try
        {
            Directory.CreateDirectory(temporary);
            var folder = new CheckpointFolder(temporary);
            manifest = Fill(folder, content);
            bytes = folder.WriteManifest(manifest);
            FileSync.Folder(temporary);
            PutInPlace(temporary, final);
            FileSync.Folder(_root);
        }
        catch
        {
            RemoveQuietly(temporary);
            throw;
        }

        var removed = Retain(content.Evaluation is { } evaluation ? [.. _options.Pinned, evaluation.Record.BestStep] : _options.Pinned);
        return new SavedCheckpoint(
            content.Step,
            final,
            Convert.ToHexStringLower(SHA256.HashData(bytes)),
            ulong.Parse(manifest.WeightsDigest, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            manifest.Bytes,
            stall,
            Stopwatch.GetElapsedTime(started),
            removed);
    }

    private CheckpointManifest Fill(CheckpointFolder folder, CheckpointContent content)
    {
        if (content.AdapterConfig is { } adapter)
        {
            folder.WriteTensors("adapter_model", content.Model, long.MaxValue, onlyName: AdapterConfig.TensorsFileName);
            folder.WriteBytes(AdapterConfig.FileName, adapter);
        }
        else
        {
            folder.WriteTensors("model", content.Model, _options.MaxShardBytes);
            folder.WriteBytes(SafetensorsFolder.IndexFileName, HuggingFaceFiles.Index(folder.TensorBytes, folder.Tensors.Select(tensor => (tensor.Name, tensor.File))));
            folder.WriteBytes(HuggingFaceFiles.ConfigFileName, Encoding.UTF8.GetBytes(HuggingFaceConfig.Write(content.Shape)));
        }

        folder.WriteTensors("optimizer", content.Optimizer, _options.MaxShardBytes);
        if (content.Vocabulary is { } vocabulary)
        {
            folder.WriteVocabulary(vocabulary);
        }

        return new CheckpointManifest
        {
            ProductVersion = typeof(CheckpointWriter).Assembly.GetName().Version?.ToString(3) ?? "",
            Created = _clock.GetUtcNow(),
            SpecDigest = content.SpecDigest,
            Step = content.Step,
            Cursor = content.Cursor,
            Evaluation = content.Evaluation,
            WeightsDigest = WeightsDigest.Text(WeightsDigest.Of(content.Model)),
            BaseDigest = content.BaseDigest,
            Metrics = new SortedDictionary<string, double>(
                content.Metrics.Where(metric => double.IsFinite(metric.Value)).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal),
            Files = folder.Files,
            Tensors = folder.Tensors,
        };
    }

    // There may be a folder of this step: a damaged one, or one of a run that went on from an earlier step. The two change
    // places in one step, so that at no moment there is neither.
    private void PutInPlace(string temporary, string final)
    {
        if (!Directory.Exists(final))
        {
            Directory.Move(temporary, final);
        }
        else if (FileSync.TryExchange(temporary, final))
        {
            RemoveQuietly(temporary);
        }
        else
        {
            Directory.Move(final, Path.Combine(_root, $"{CheckpointNames.Temporary}old-{Path.GetFileName(final)}"));
            Directory.Move(temporary, final);
        }
    }

    // What a killed save or removal left. The lock is held: nobody is at work on it.
    private void RemoveLeftovers()
    {
        foreach (var folder in Directory.GetDirectories(_root, CheckpointNames.Temporary + "*"))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private List<long> Retain(IReadOnlyCollection<long> pinned)
    {
        var steps = CheckpointCatalog.List(_root).Select(entry => entry.Manifest.Step);
        var removed = new List<long>();
        foreach (var step in CheckpointRetention.Removed(steps, _options.Keep, pinned))
        {
            // Out of sight in one step, then at leisure. What cannot go now is tried again at the next save.
            var gone = Path.Combine(_root, $"{CheckpointNames.Temporary}removed-{CheckpointNames.Folder(step)}");
            try
            {
                Directory.Move(Path.Combine(_root, CheckpointNames.Folder(step)), gone);
                removed.Add(step);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            RemoveQuietly(gone);
        }

        return removed;
    }

    private static void RemoveQuietly(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next save tries again; the failure in hand is the one to report.
        }
    }
}
