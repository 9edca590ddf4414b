using Microsoft.Data.Sqlite;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

public sealed class DiskFaultTests
{
    private const string Full = "disk full: the coordinator cannot write to /data; it goes on when there is room and it is started again.";

    [Fact]
    public void A_full_disk_is_one_sentence_and_an_exit_code_of_its_own_whoever_met_it()
    {
        Exception[] failures =
        [
            new SqliteException("SQLite Error 13: 'database or disk is full'.", 13),
            new IOException("No space left on device : '/data/endpoint.tmp'", 28),
            new BadInputException("--data /data cannot be used", new SqliteException("SQLite Error 13: 'database or disk is full'.", 13)),
        ];

        Assert.All(failures, failure => Assert.Equal(new DiskFault(Full, DiskFault.FullExitCode), DiskFault.Of(failure, "/data", () => long.MaxValue)));
    }

    [Fact]
    public void A_store_that_cannot_be_opened_is_a_full_disks_doing_where_there_is_no_room()
    {
        var failure = new SqliteException("SQLite Error 14: 'unable to open database file'.", 14);

        Assert.Equal(DiskFault.FullExitCode, DiskFault.Of(failure, "/data", () => 0)?.ExitCode);
        Assert.Null(DiskFault.Of(failure, "/data", () => long.MaxValue));
    }

    [Fact]
    public void Another_failure_of_the_disk_is_one_sentence_and_any_other_failure_is_not_its()
    {
        Assert.Equal(
            new DiskFault("The coordinator cannot use /data: SQLite Error 10: 'disk I/O error'.", 1),
            DiskFault.Of(new SqliteException("SQLite Error 10: 'disk I/O error'.", 10), "/data", () => long.MaxValue));
        Assert.Equal(
            new DiskFault("The coordinator cannot use /data: Read-only file system : '/data/endpoint'.", 1),
            DiskFault.Of(new IOException("Read-only file system : '/data/endpoint'", 30), "/data", () => long.MaxValue));
        Assert.Null(DiskFault.Of(new InvalidOperationException("a mistake"), "/data", () => 0));
    }

    [Fact]
    public async Task A_damaged_store_is_refused_with_what_to_do_about_it()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, SqliteDialect.FileName), new string('x', 8192), TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<BadInputException>(() => CoordinatorHost.StartAsync(
            new CoordinatorSettings { DataFolder = folder.Path, Token = "secret", Listen = new Uri("http://127.0.0.1:0") }, TestContext.Current.CancellationToken));

        Assert.Equal(
            $"--data {folder.Path} cannot be used: SQLite Error 26: 'file is not a database' (it is damaged; move coordinator.db, coordinator.db-wal and coordinator.db-shm away: "
            + "a run that is started again goes on from the ledger and the checkpoints in its own folder).",
            refused.Message);
    }
}
