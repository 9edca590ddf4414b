using Microsoft.Data.Sqlite;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The coordinator's memory: a SQLite file in WAL mode, every commit on disk before anyone hears of it.</summary>
internal sealed class Database
{
    public const string FileName = "coordinator.db";

    private const string Schema = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
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
        """;

    private readonly string _connectionString;

    /// <summary>Opens the file in a folder, creating it where there is none.</summary>
    /// <exception cref="Core.BadInputException">It was written by another version of the product.</exception>
    public Database(string folder)
    {
        SQLitePCL.Batteries_V2.Init();
        _connectionString = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, FileName), DefaultTimeout = 30 }.ToString();
        using var connection = Open();
        Execute(connection, Schema);
        using var version = connection.CreateCommand();
        version.CommandText = "SELECT value FROM meta WHERE key = 'schema'";
        if (version.ExecuteScalar() is not "1")
        {
            throw new Core.BadInputException($"--data {folder} was written by another version of the coordinator; name another folder.");
        }
    }

    /// <summary>A connection of its own for the caller, from a pool.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        // FULL: a commit survives a power cut.
        Execute(connection, "PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000;");
        return connection;
    }

    /// <summary>Lets go of the file.</summary>
    public void Close()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
