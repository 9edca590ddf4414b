using System.Data.Common;
using System.Globalization;
using Orchestrator.Core;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The coordinator's memory in a database. Reads use a connection each and may run beside the writer.</summary>
internal sealed class SqlRunStore : IRunStore
{
    private readonly SqlDialect _dialect;

    /// <summary>Opens the database and makes what is missing.</summary>
    /// <param name="dialect">Which one.</param>
    /// <param name="name">What a person calls it.</param>
    /// <exception cref="BadInputException">It cannot be used, or was written by another version of the product.</exception>
    public SqlRunStore(SqlDialect dialect, string name)
    {
        _dialect = dialect;
        try
        {
            using var connection = dialect.Open();
            using (var schema = Command(connection, dialect.Schema))
            {
                schema.ExecuteNonQuery();
            }

            using var version = Command(connection, "SELECT value FROM meta WHERE key = 'schema'");
            if (version.ExecuteScalar() is not "1")
            {
                throw new BadInputException($"{name} was written by another version of the coordinator; name another.");
            }
        }
        catch (DbException e)
        {
            var remedy = dialect.Remedy(e) is { } text ? $" ({text})" : "";
            throw new BadInputException($"{name} cannot be used: {e.Message.Split('\n')[0].TrimEnd('.')}{remedy}.", e);
        }
    }

    /// <inheritdoc/>
    public IStoreSession? TryLead(string address)
    {
        var connection = _dialect.Open(lasting: true);
        try
        {
            if (!_dialect.TryLock(connection))
            {
                connection.Dispose();
                return null;
            }

            using var transaction = connection.BeginTransaction();
            // Waits for the last transaction of the leader before, whose term is over with this.
            using var claim = Command(connection, "UPDATE leader SET term = term + 1, address = @address, renewed = CURRENT_TIMESTAMP WHERE id = 1", ("address", address));
            claim.Transaction = transaction;
            claim.ExecuteNonQuery();
            Failpoint.Pass("lead.claimed");
            using var read = Command(connection, "SELECT term FROM leader WHERE id = 1");
            read.Transaction = transaction;
            var term = Convert.ToInt64(read.ExecuteScalar(), CultureInfo.InvariantCulture);
            transaction.Commit();
            Failpoint.Pass("lead.done");
            return new SqlSession(connection, _dialect, term);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Leader()
    {
        using var connection = _dialect.Open();
        using var command = Command(connection, "SELECT address FROM leader WHERE id = 1");
        return command.ExecuteScalar() as string ?? "";
    }

    /// <summary>Puts a token in the place of the one of that name and returns all that are valid, as hashes.</summary>
    public IReadOnlyList<byte[]> PutToken(string name, byte[] hash)
    {
        using var connection = _dialect.Open();
        using var put = Command(
            connection, "INSERT INTO tokens (name, sha256) VALUES (@name, @hash) ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256", ("name", name), ("hash", hash));
        Failpoint.Pass("token.put");
        put.ExecuteNonQuery();
        Failpoint.Pass("token.done");
        using var command = Command(connection, "SELECT sha256 FROM tokens ORDER BY name");
        return [.. Payloads(command)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<(RunFacts Facts, RunRecord Run, RunProgress Progress)> LoadAll()
    {
        using var connection = _dialect.Open();
        using var command = Command(connection, "SELECT facts, state FROM runs ORDER BY ord");
        using var reader = command.ExecuteReader();
        var runs = new List<(RunFacts, RunRecord, RunProgress)>();
        while (reader.Read())
        {
            var facts = StoredState.ReadFacts(reader.GetString(0));
            var (run, progress) = StoredState.Read(facts, reader.GetString(1));
            runs.Add((facts, run, progress));
        }

        return runs;
    }

    /// <inheritdoc/>
    public IReadOnlyList<RunEvent> Events(string runId, long from, int limit)
    {
        using var connection = _dialect.Open();
        using var command = Command(connection, "SELECT payload FROM events WHERE run_id = @run AND sequence >= @from ORDER BY sequence LIMIT @limit",
            ("run", runId), ("from", from), ("limit", limit));
        return [.. Payloads(command).Select(RunEvent.Parser.ParseFrom)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<StepEvent> Steps(string runId, long from, int limit)
    {
        using var connection = _dialect.Open();
        using var command = Command(connection,
            "SELECT payload FROM events WHERE run_id = @run AND kind = @kind AND step >= @from ORDER BY step LIMIT @limit",
            ("run", runId), ("kind", (long)RunEvent.EventOneofCase.Step), ("from", from), ("limit", limit));
        return [.. Payloads(command).Select(payload => RunEvent.Parser.ParseFrom(payload).Step)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointEvent> Checkpoints(string runId)
    {
        using var connection = _dialect.Open();
        using var command = Command(connection, "SELECT payload FROM checkpoints WHERE run_id = @run ORDER BY step", ("run", runId));
        return [.. Payloads(command).Select(CheckpointEvent.Parser.ParseFrom)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<(long Id, LogLine Line)> Logs(string runId, long after, int limit)
    {
        using var connection = _dialect.Open();
        using var command = Command(connection, "SELECT id, payload FROM logs WHERE run_id = @run AND id > @after ORDER BY id LIMIT @limit",
            ("run", runId), ("after", after), ("limit", limit));
        using var reader = command.ExecuteReader();
        var lines = new List<(long, LogLine)>();
        while (reader.Read())
        {
            lines.Add((reader.GetInt64(0), LogLine.Parser.ParseFrom(reader.GetFieldValue<byte[]>(1))));
        }

        return lines;
    }

    /// <inheritdoc/>
    public ulong? WeightsDigest(string runId, long step)
    {
        using var connection = _dialect.Open();
        using var command = Command(connection, "SELECT weights_digest FROM ledger WHERE run_id = @run AND step = @step", ("run", runId), ("step", step));
        return command.ExecuteScalar() is long digest ? unchecked((ulong)digest) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoredStep> Ledger(string runId, long from)
    {
        using var connection = _dialect.Open();
        using var command = Command(connection, "SELECT step, samples, weights_digest, digest FROM ledger WHERE run_id = @run AND step >= @from ORDER BY step",
            ("run", runId), ("from", from));
        using var reader = command.ExecuteReader();
        var rows = new List<StoredStep>();
        while (reader.Read())
        {
            rows.Add(new StoredStep(reader.GetInt64(0), reader.GetString(1), reader.IsDBNull(2) ? null : unchecked((ulong)reader.GetInt64(2)), reader.GetString(3)));
        }

        return rows;
    }

    /// <summary>Lets go of the database.</summary>
    public void Close() => _dialect.Close();

    private static IEnumerable<byte[]> Payloads(DbCommand command)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return reader.GetFieldValue<byte[]>(0);
        }
    }

    private static DbCommand Command(DbConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
