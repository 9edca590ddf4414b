using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Core.Checkpoints;

public sealed class FolderLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_second_to_come_is_told_who_holds_the_folder()
    {
        using var held = FolderLock.Acquire(_folder, "run small-1");
        var thrown = Assert.Throws<BadInputException>(() => FolderLock.Acquire(_folder, "run small-2"));
        Assert.Contains($"in use by run small-1 (process {Environment.ProcessId} on {Environment.MachineName})", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_was_let_go_can_be_taken_again()
    {
        FolderLock.Acquire(_folder, "one").Dispose();
        using var held = FolderLock.Acquire(_folder, "two");
        Assert.NotNull(held);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_made()
    {
        var folder = Path.Combine(_folder, "a", "b");
        using var held = FolderLock.Acquire(folder, "one");
        Assert.True(Directory.Exists(folder));
    }
}
