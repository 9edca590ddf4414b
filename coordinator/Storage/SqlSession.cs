using System.Data.Common;
using System.Globalization;
using Google.Protobuf;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The leader's connection. Every transaction begins with a look at the term, under a lock that keeps it as it is until the end.</summary>
internal sealed class SqlSession(DbConnection connection, SqlDialect dialect, long term) : IStoreSession
{
    // Hot: a few texts are written again and again; each is prepared once.
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public long Term => term;

    /// <inheritdoc/>
    public void Commit(IReadOnlyList<StoreWrite> writes)
    {
        if (writes.Count == 0 && !dialect.IsShared)
        {
            return;
        }

        Guarded(() =>
        {
            Failpoint.Pass("commit.begin");
            using var transaction = connection.BeginTransaction();
            RequireTerm(transaction);
            Failpoint.Pass("commit.begun");
            foreach (var write in writes)
            {
                Write(transaction, write);
                Failpoint.Pass(write);
            }

            Failpoint.Pass("commit.written");
            transaction.Commit();
            Failpoint.Pass("commit.done");
        });
    }

    /// <inheritdoc/>
    public void Renew()
    {
        if (dialect.IsShared)
        {
            Guarded(() =>
            {
                if (Execute(null, "UPDATE leader SET renewed = now() WHERE id = 1 AND term = @term", ("term", term)) == 0)
                {
                    throw Lost();
                }
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private void RequireTerm(DbTransaction transaction)
    {
        var command = Prepared(dialect.LockTerm);
        command.Transaction = transaction;
        if (Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture) != term)
        {
            throw Lost();
        }
    }

    private void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (DbException e) when (dialect.IsLost(e, connection))
        {
            throw new LeadershipLostException($"the connection to the database is lost ({e.Message.Split('\n')[0]}) and with it the lead", e);
        }
    }

    private LeadershipLostException Lost() => new($"another coordinator leads; term {term} is over");

    private void Write(DbTransaction transaction, StoreWrite write)
    {
        _ = write switch
        {
            AddRun add => Execute(transaction,
                "INSERT INTO runs (id, ord, idempotency_key, facts, state) VALUES (@id, @ord, @key, @facts, @state)",
                ("id", add.Facts.Id), ("ord", add.Facts.Order), ("key", add.Facts.IdempotencyKey.Length > 0 ? add.Facts.IdempotencyKey : null),
                ("facts", StoredState.Write(add.Facts)), ("state", StoredState.Write(add.Run, add.Progress))),
            ChangeRun change => Execute(transaction,
                "UPDATE runs SET state = @state WHERE id = @id", ("id", change.Run.Id), ("state", StoredState.Write(change.Run, change.Progress))),
            AddEvent add => Execute(transaction,
                "INSERT INTO events (run_id, sequence, kind, step, payload) VALUES (@run, @sequence, @kind, @step, @payload)",
                ("run", add.RunId), ("sequence", add.Told.Sequence), ("kind", (long)add.Told.EventCase), ("step", add.Told.Step?.Step ?? 0L), ("payload", add.Told.ToByteArray())),
            AddStep add => Execute(transaction,
                "INSERT INTO ledger (run_id, step, samples, weights_digest, digest) VALUES (@run, @step, @samples, @weights, @digest)",
                ("run", add.RunId), ("step", add.Step), ("samples", add.Samples), ("weights", add.WeightsDigest is { } known ? unchecked((long)known) : null), ("digest", add.Digest)),
            Inherit inherit =>
                Execute(transaction,
                    "INSERT INTO ledger SELECT @to, step, samples, weights_digest, digest FROM ledger WHERE run_id = @from", ("from", inherit.From), ("to", inherit.To))
                + Execute(transaction,
                    "INSERT INTO checkpoints SELECT @to, step, payload FROM checkpoints WHERE run_id = @from", ("from", inherit.From), ("to", inherit.To)),
            AddCheckpoint add => Execute(transaction,
                "INSERT INTO checkpoints (run_id, step, payload) VALUES (@run, @step, @payload) ON CONFLICT (run_id, step) DO UPDATE SET payload = excluded.payload",
                ("run", add.RunId), ("step", add.Saved.Step), ("payload", add.Saved.ToByteArray())),
            RemoveCheckpoint remove => Execute(transaction,
                "DELETE FROM checkpoints WHERE run_id = @run AND step = @step", ("run", remove.RunId), ("step", remove.Step)),
            AddLogLine add => Execute(transaction,
                "INSERT INTO logs (run_id, payload) VALUES (@run, @payload)", ("run", add.RunId), ("payload", add.Line.ToByteArray())),
            _ => throw new ArgumentOutOfRangeException(nameof(write), write, "not a write"),
        };
    }

    private int Execute(DbTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = Prepared(sql);
        command.Transaction = transaction;
        for (var i = 0; i < parameters.Length; i++)
        {
            // The same parameters for good: a statement that Npgsql has prepared by itself goes on with those that it knew.
            if (i == command.Parameters.Count)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = parameters[i].Name;
                command.Parameters.Add(parameter);
            }

            command.Parameters[i].Value = parameters[i].Value ?? DBNull.Value;
        }

        return command.ExecuteNonQuery();
    }

    private DbCommand Prepared(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        return command;
    }
}
