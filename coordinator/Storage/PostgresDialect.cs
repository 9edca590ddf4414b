using System.Data;
using System.Data.Common;
using Npgsql;
using Orchestrator.Core;

namespace Orchestrator.Coordinator.Storage;

/// <summary>A PostgreSQL database that several coordinators share. Who holds its advisory lock leads.</summary>
/// <remarks>
/// The lock belongs to the connection that the leader writes over, so losing the one is losing the other. A leader that stands still (a stopped
/// process, a machine that is gone without a word) keeps its connection: whoever sees it silent for <see cref="Patience"/> by the database's clock ends it.
/// </remarks>
internal sealed class PostgresDialect : SqlDialect
{
    /// <summary>"orch" in two halves of a key that nobody else uses.</summary>
    private const int LockClass = 0x6f726368;
    private const int LockObject = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly string _pooled;
    private readonly string _lasting;

    /// <param name="connectionString">As Npgsql takes it.</param>
    /// <exception cref="BadInputException">It is none.</exception>
    public PostgresDialect(string connectionString)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 32 };
            if (string.IsNullOrEmpty(builder.Host))
            {
                throw new ArgumentException("Host is missing");
            }

            builder.ApplicationName ??= "orchestrator-coordinator";
            _pooled = builder.ToString();
            // A leader that cannot write for this long gives up before another is let in.
            builder.CommandTimeout = 10;
            builder.Pooling = false;
            _lasting = builder.ToString();
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new BadInputException($"--database must be like 'Host=db;Username=orchestrator;Database=orchestrator' (Npgsql's form): {e.Message}", e);
        }
    }

    public override string Schema => """
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS leader (id BIGINT PRIMARY KEY, term BIGINT NOT NULL, address TEXT NOT NULL, renewed TIMESTAMPTZ NOT NULL);
        CREATE TABLE IF NOT EXISTS tokens (name TEXT PRIMARY KEY, sha256 BYTEA NOT NULL);
        CREATE TABLE IF NOT EXISTS runs (
            id TEXT PRIMARY KEY, ord BIGINT NOT NULL, idempotency_key TEXT UNIQUE, facts TEXT NOT NULL, state TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS events (
            run_id TEXT NOT NULL, sequence BIGINT NOT NULL, kind BIGINT NOT NULL, step BIGINT NOT NULL, payload BYTEA NOT NULL,
            PRIMARY KEY (run_id, sequence));
        CREATE INDEX IF NOT EXISTS events_by_step ON events (run_id, kind, step);
        CREATE TABLE IF NOT EXISTS ledger (
            run_id TEXT NOT NULL, step BIGINT NOT NULL, samples TEXT NOT NULL, weights_digest BIGINT, digest TEXT NOT NULL,
            PRIMARY KEY (run_id, step));
        CREATE TABLE IF NOT EXISTS checkpoints (run_id TEXT NOT NULL, step BIGINT NOT NULL, payload BYTEA NOT NULL, PRIMARY KEY (run_id, step));
        CREATE TABLE IF NOT EXISTS logs (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run_id TEXT NOT NULL, payload BYTEA NOT NULL);
        CREATE INDEX IF NOT EXISTS logs_by_run ON logs (run_id, id);
        INSERT INTO meta VALUES ('schema', '1') ON CONFLICT DO NOTHING;
        INSERT INTO leader VALUES (1, 0, '', now()) ON CONFLICT DO NOTHING;
        """;

    public override string LockTerm => "SELECT term FROM leader WHERE id = 1 FOR SHARE";

    public override bool IsShared => true;

    public override DbConnection Open(bool lasting = false)
    {
        var connection = new NpgsqlConnection(lasting ? _lasting : _pooled);
        connection.Open();
        return connection;
    }

    public override bool TryLock(DbConnection connection)
    {
        if (Ask(connection, $"SELECT pg_try_advisory_lock({LockClass}, {LockObject})") is true)
        {
            // The server ends a session whose machine no longer answers, and with it the lock.
            Ask(connection, "SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 4000");
            return true;
        }

        Ask(connection, $"""
            SELECT count(pg_terminate_backend(pid)) FROM pg_locks
            WHERE locktype = 'advisory' AND classid = {LockClass} AND objid = {LockObject} AND granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (SELECT now() - renewed > interval '{Patience.TotalSeconds} seconds' FROM leader WHERE id = 1)
            """);
        return false;
    }

    public override bool IsLost(DbException error, DbConnection connection) =>
        connection.State != ConnectionState.Open || error is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };

    public override void Close()
    {
        using var connection = new NpgsqlConnection(_pooled);
        NpgsqlConnection.ClearPool(connection);
    }

    private static object? Ask(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
