using Microsoft.Data.Sqlite;

namespace Orchestrator.Coordinator.Storage;

/// <summary>Rows to be written together, in order.</summary>
internal sealed class WriteBatch
{
    private readonly List<(string Sql, (string Name, object? Value)[] Parameters)> _writes = [];

    public bool IsEmpty => _writes.Count == 0;

    public void Add(string sql, params (string Name, object? Value)[] parameters) => _writes.Add((sql, parameters));

    /// <summary>Writes all rows in one transaction; prepared statements are kept for equal texts.</summary>
    public void Commit(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        var prepared = new Dictionary<string, SqliteCommand>(StringComparer.Ordinal);
        try
        {
            foreach (var (sql, parameters) in _writes)
            {
                if (!prepared.TryGetValue(sql, out var command))
                {
                    command = connection.CreateCommand();
                    command.CommandText = sql;
                    command.Transaction = transaction;
                    prepared.Add(sql, command);
                }

                command.Parameters.Clear();
                foreach (var (name, value) in parameters)
                {
                    command.Parameters.AddWithValue(name, value ?? DBNull.Value);
                }

                command.ExecuteNonQuery();
            }

            transaction.Commit();
        }
        finally
        {
            foreach (var command in prepared.Values)
            {
                command.Dispose();
            }
        }

        _writes.Clear();
    }
}
