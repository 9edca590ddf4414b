using Microsoft.Data.Sqlite;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Storage;

/// <summary>Reads and writes what is kept of runs. Reads use a connection each and may run beside the writer.</summary>
internal sealed class RunStore(Database database)
{
    /// <summary>Kinds of stored events, so that they can be picked without being parsed.</summary>
    public const int StepKind = (int)RunEvent.EventOneofCase.Step;

    public IReadOnlyList<(RunFacts Facts, RunRecord Run, RunProgress Progress)> LoadAll()
    {
        using var connection = database.Open();
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

    public static void Insert(WriteBatch batch, RunFacts facts, RunRecord run, RunProgress progress) => batch.Add(
        "INSERT INTO runs (id, ord, idempotency_key, facts, state) VALUES ($id, $ord, $key, $facts, $state)",
        ("$id", facts.Id), ("$ord", facts.Order), ("$key", facts.IdempotencyKey.Length > 0 ? facts.IdempotencyKey : null),
        ("$facts", StoredState.Write(facts)), ("$state", StoredState.Write(run, progress)));

    public static void Update(WriteBatch batch, RunRecord run, RunProgress progress) => batch.Add(
        "UPDATE runs SET state = $state WHERE id = $id", ("$id", run.Id), ("$state", StoredState.Write(run, progress)));

    public static void Append(WriteBatch batch, string runId, RunEvent told) => batch.Add(
        "INSERT INTO events (run_id, sequence, kind, step, payload) VALUES ($run, $sequence, $kind, $step, $payload)",
        ("$run", runId), ("$sequence", told.Sequence), ("$kind", (int)told.EventCase), ("$step", told.Step?.Step ?? 0),
        ("$payload", Google.Protobuf.MessageExtensions.ToByteArray(told)));

    public static void Append(WriteBatch batch, string runId, long step, string samples, ulong? weightsDigest, string digest) => batch.Add(
        "INSERT INTO ledger (run_id, step, samples, weights_digest, digest) VALUES ($run, $step, $samples, $weights, $digest)",
        ("$run", runId), ("$step", step), ("$samples", samples), ("$weights", weightsDigest is { } known ? unchecked((long)known) : null), ("$digest", digest));

    /// <summary>A run takes over another's ledger and checkpoints.</summary>
    public static void Inherit(WriteBatch batch, string from, string to)
    {
        batch.Add("INSERT INTO ledger SELECT $to, step, samples, weights_digest, digest FROM ledger WHERE run_id = $from", ("$from", from), ("$to", to));
        batch.Add("INSERT INTO checkpoints SELECT $to, step, payload FROM checkpoints WHERE run_id = $from", ("$from", from), ("$to", to));
    }

    public static void Put(WriteBatch batch, string runId, CheckpointEvent saved) => batch.Add(
        "INSERT OR REPLACE INTO checkpoints (run_id, step, payload) VALUES ($run, $step, $payload)",
        ("$run", runId), ("$step", saved.Step), ("$payload", Google.Protobuf.MessageExtensions.ToByteArray(saved)));

    public static void RemoveCheckpoint(WriteBatch batch, string runId, long step) => batch.Add(
        "DELETE FROM checkpoints WHERE run_id = $run AND step = $step", ("$run", runId), ("$step", step));

    public static void Append(WriteBatch batch, string runId, LogLine line) => batch.Add(
        "INSERT INTO logs (run_id, payload) VALUES ($run, $payload)",
        ("$run", runId), ("$payload", Google.Protobuf.MessageExtensions.ToByteArray(line)));

    public IReadOnlyList<RunEvent> Events(string runId, long from, int limit)
    {
        using var connection = database.Open();
        using var command = Command(connection, "SELECT payload FROM events WHERE run_id = $run AND sequence >= $from ORDER BY sequence LIMIT $limit",
            ("$run", runId), ("$from", from), ("$limit", limit));
        return [.. Payloads(command).Select(RunEvent.Parser.ParseFrom)];
    }

    public IReadOnlyList<StepEvent> Steps(string runId, long from, int limit)
    {
        using var connection = database.Open();
        using var command = Command(connection,
            "SELECT payload FROM events WHERE run_id = $run AND kind = $kind AND step >= $from ORDER BY step LIMIT $limit",
            ("$run", runId), ("$kind", StepKind), ("$from", from), ("$limit", limit));
        return [.. Payloads(command).Select(payload => RunEvent.Parser.ParseFrom(payload).Step)];
    }

    public IReadOnlyList<CheckpointEvent> Checkpoints(string runId)
    {
        using var connection = database.Open();
        using var command = Command(connection, "SELECT payload FROM checkpoints WHERE run_id = $run ORDER BY step", ("$run", runId));
        return [.. Payloads(command).Select(CheckpointEvent.Parser.ParseFrom)];
    }

    public IReadOnlyList<(long Id, LogLine Line)> Logs(string runId, long after, int limit)
    {
        using var connection = database.Open();
        using var command = Command(connection, "SELECT id, payload FROM logs WHERE run_id = $run AND id > $after ORDER BY id LIMIT $limit",
            ("$run", runId), ("$after", after), ("$limit", limit));
        using var reader = command.ExecuteReader();
        var lines = new List<(long, LogLine)>();
        while (reader.Read())
        {
            lines.Add((reader.GetInt64(0), LogLine.Parser.ParseFrom(reader.GetFieldValue<byte[]>(1))));
        }

        return lines;
    }

    /// <summary>The weights digest that the ledger has for a step, or null.</summary>
    public ulong? WeightsDigest(string runId, long step)
    {
        using var connection = database.Open();
        using var command = Command(connection, "SELECT weights_digest FROM ledger WHERE run_id = $run AND step = $step", ("$run", runId), ("$step", step));
        return command.ExecuteScalar() is long digest ? unchecked((ulong)digest) : null;
    }

    /// <summary>The ledger's rows from a step on, oldest first.</summary>
    public IReadOnlyList<(long Step, string Samples, ulong? WeightsDigest, string Digest)> Ledger(string runId, long from)
    {
        using var connection = database.Open();
        using var command = Command(connection, "SELECT step, samples, weights_digest, digest FROM ledger WHERE run_id = $run AND step >= $from ORDER BY step",
            ("$run", runId), ("$from", from));
        using var reader = command.ExecuteReader();
        var rows = new List<(long, string, ulong?, string)>();
        while (reader.Read())
        {
            rows.Add((reader.GetInt64(0), reader.GetString(1), reader.IsDBNull(2) ? null : unchecked((ulong)reader.GetInt64(2)), reader.GetString(3)));
        }

        return rows;
    }

    private static IEnumerable<byte[]> Payloads(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return reader.GetFieldValue<byte[]>(0);
        }
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
