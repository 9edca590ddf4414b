using System.Diagnostics;
using Orchestrator.Training.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Training.Checkpoints;

/// <summary>Full disks and killed processes.</summary>
public sealed class BrokenSaveTests
{
    [Fact]
    public async Task A_full_disk_is_one_plain_sentence_and_leaves_the_older_checkpoint_alone()
    {
        using var folder = new TemporaryFolder();
        var disk = folder["disk"];
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(Mount("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk), "mounting a tmpfs is not permitted here");
        try
        {
            var root = Path.Combine(disk, "checkpoints");
            using var small = new SmallCheckpoint();
            using var large = new SmallCheckpoint(2, rows: 10_000);
            using var writer = SmallCheckpoint.Writer(root);
            _ = await writer.Save(small.Content(10));

            var thrown = await Assert.ThrowsAsync<CheckpointException>(() => writer.Save(large.Content(20)));

            Assert.StartsWith("The checkpoint of step 20 (2 MB) was not saved: ", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("No space left on device", thrown.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', thrown.Message);
            Assert.Equal(["step-00000010"], Directory.GetDirectories(root).Select(Path.GetFileName));
            using (var reader = CheckpointCatalog.OpenNewest(root, SmallCheckpoint.Spec, Assert.Fail))
            {
                Assert.Equal(10, reader!.Manifest.Step);
            }

            Assert.Equal(30, (await writer.Save(small.Content(30))).Step);
        }
        finally
        {
            Assert.True(Mount("umount", disk));
        }
    }

    [Fact]
    public async Task A_process_killed_in_mid_save_leaves_the_older_checkpoint_and_nothing_that_counts()
    {
        using var folder = new TemporaryFolder();
        for (var round = 0; round < 3; round++)
        {
            using (var child = new ChildProcess(typeof(BrokenSaveTests), nameof(Save_without_end), folder.Path))
            using (var begun = new ManualResetEventSlim())
            using (var watcher = new FileSystemWatcher(folder.Path))
            {
                // The older one stands, and the next is being written.
                watcher.Created += (_, created) =>
                {
                    if (created.Name!.StartsWith(".tmp-step-000000", StringComparison.Ordinal) && CheckpointCatalog.List(folder.Path).Count > 0)
                    {
                        begun.Set();
                    }
                };
                watcher.EnableRaisingEvents = true;
                Assert.True(begun.Wait(TimeSpan.FromSeconds(60)), child.Output);
                child.Kill();
                _ = child.Wait();
            }

            using var reader = CheckpointCatalog.OpenNewest(folder.Path, SmallCheckpoint.Spec, Assert.Fail);
            Assert.NotNull(reader);
            Assert.All(CheckpointCatalog.List(folder.Path), entry => Assert.Empty(CheckpointCatalog.Verify(entry)));
        }

        using var small = new SmallCheckpoint();
        using var writer = SmallCheckpoint.Writer(folder.Path);
        _ = await writer.Save(small.Content(99_999_999));
        Assert.Empty(Directory.GetDirectories(folder.Path, ".tmp-*"));
    }

    /// <summary>Saves one checkpoint after the other until it is killed.</summary>
    [Fact(Explicit = true)]
    public async Task Save_without_end()
    {
        using var large = new SmallCheckpoint(1, rows: 200_000);
        using var writer = SmallCheckpoint.Writer(ChildProcess.Arguments[0], keep: 2, maxShardBytes: 1_000_000);
        _ = await writer.Save(large.Content(10));
        for (var step = 20L; ; step = step == 20 ? 30 : 20)
        {
            _ = await writer.Save(large.Content(step));
        }
    }

    private static bool Mount(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
