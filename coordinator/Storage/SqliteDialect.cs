using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Orchestrator.Coordinator.Storage;

/// <summary>A SQLite file in WAL mode, every commit on disk before anyone hears of it. The folder's lock keeps a second coordinator out.</summary>
internal sealed class SqliteDialect : SqlDialect
{
    public const string FileName = "coordinator.db";

    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private readonly string _connectionString;

    /// <param name="folder">Where the file is, created where there is none.</param>
    public SqliteDialect(string folder)
    {
        SQLitePCL.Batteries_V2.Init();
        _connectionString = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, FileName), DefaultTimeout = 30 }.ToString();
    }

    public override string Schema => """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS leader (id INTEGER PRIMARY KEY, term INTEGER NOT NULL, address TEXT NOT NULL, renewed TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS tokens (name TEXT PRIMARY KEY, sha256 BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS runs (
            id TEXT PRIMARY KEY, ord INTEGER NOT NULL, idempotency_key TEXT UNIQUE, facts TEXT NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS events (
            run_id TEXT NOT NULL, sequence INTEGER NOT NULL, kind INTEGER NOT NULL, step INTEGER NOT NULL, payload BLOB NOT NULL,
            PRIMARY KEY (run_id, sequence)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS events_by_step ON events (run_id, kind, step);
        CREATE TABLE IF NOT EXISTS ledger (
            run_id TEXT NOT NULL, step INTEGER NOT NULL, samples TEXT NOT NULL, weights_digest INTEGER, digest TEXT NOT NULL,
            PRIMARY KEY (run_id, step)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS checkpoints (run_id TEXT NOT NULL, step INTEGER NOT NULL, payload BLOB NOT NULL, PRIMARY KEY (run_id, step)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS logs (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, payload BLOB NOT NULL);
        CREATE INDEX IF NOT EXISTS logs_by_run ON logs (run_id, id);
        INSERT OR IGNORE INTO meta VALUES ('schema', '1');
        INSERT OR IGNORE INTO leader VALUES (1, 0, '', '');
        """;

    public override string LockTerm => "SELECT term FROM leader WHERE id = 1";

    public override bool IsShared => false;

    public override DbConnection Open(bool lasting = false)
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        // FULL: a commit survives a power cut.
        command.CommandText = "PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000;";
        command.ExecuteNonQuery();
        return connection;
    }

    public override bool TryLock(DbConnection connection) => true;

    public override bool IsLost(DbException error, DbConnection connection) => false;

    public override string? Remedy(DbException error) => RemedyOf(error);

    /// <summary>What to do about a damaged file; null: the failure is another.</summary>
    public static string? RemedyOf(DbException error) => error is SqliteException { SqliteErrorCode: Corrupt or NotADatabase }
        ? $"it is damaged; move {FileName}, {FileName}-wal and {FileName}-shm away: a run that is started again goes on from the ledger and the checkpoints in its own folder"
        : null;

    public override void Close()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }
}
