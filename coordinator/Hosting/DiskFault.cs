using Microsoft.Data.Sqlite;
using Orchestrator.Coordinator.Storage;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>A failure of the disk under the coordinator, in one sentence.</summary>
/// <param name="Sentence">For people.</param>
/// <param name="ExitCode">What the coordinator ends with: <see cref="FullExitCode"/> where room on the disk mends it, 2 where someone must act, else 1.</param>
internal sealed record DiskFault(string Sentence, int ExitCode)
{
    /// <summary>The exit code of a coordinator whose disk is full; the command line knows it as its own.</summary>
    public const int FullExitCode = 3;

    private const int Failed = 1;
    private const int BadInput = 2;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int SqliteIo = 10;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;

    // Less than SQLite needs to open a store: its index of the log has 32 KiB.
    private const long LeastBytes = 64 << 10;

    /// <summary>What a failure says of the disk; null where it is another's.</summary>
    /// <param name="failure">The failure, or one that it led to.</param>
    /// <param name="folder">The coordinator's folder.</param>
    public static DiskFault? Of(Exception failure, string folder) => Of(failure, folder, () => Free(folder));

    internal static DiskFault? Of(Exception failure, string folder, Func<long> freeBytes)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case SqliteException { SqliteErrorCode: SqliteFull }:
                case IOException { HResult: NoSpace or QuotaExceeded }:
                case SqliteException { SqliteErrorCode: SqliteIo or SqliteCannotOpen } when freeBytes() < LeastBytes:
                    return new DiskFault($"disk full: the coordinator cannot write to {folder}; it goes on when there is room and it is started again.", FullExitCode);
                case SqliteException damaged when SqliteDialect.RemedyOf(damaged) is { } remedy:
                    return new DiskFault($"--data {folder} cannot be used: {damaged.Message.TrimEnd('.')} ({remedy}).", BadInput);
                case SqliteException { SqliteErrorCode: SqliteIo }:
                    return new DiskFault($"The coordinator cannot use {folder}: {e.Message.TrimEnd('.')}.", Failed);
            }
        }

        // What the file system says in its own words; a socket's failures are told where they happen.
        return failure is IOException or UnauthorizedAccessException && failure.InnerException is not System.Net.Sockets.SocketException
            ? new DiskFault($"The coordinator cannot use {folder}: {failure.Message.TrimEnd('.')}.", Failed)
            : null;
    }

    private static long Free(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }
}
