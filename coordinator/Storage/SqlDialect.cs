using System.Data.Common;

namespace Orchestrator.Coordinator.Storage;

/// <summary>What differs between the databases that can be the coordinator's memory.</summary>
internal abstract class SqlDialect
{
    /// <summary>Makes the tables where they are missing.</summary>
    public abstract string Schema { get; }

    /// <summary>Reads the leader's term so that it cannot change before the transaction ends.</summary>
    public abstract string LockTerm { get; }

    /// <summary>A connection of its own for the caller, open, from a pool.</summary>
    /// <param name="lasting">Whether it is the leader's, which is kept.</param>
    public abstract DbConnection Open(bool lasting = false);

    /// <summary>Tries to take the lock that a leader holds as long as its connection lives.</summary>
    public abstract bool TryLock(DbConnection connection);

    /// <summary>Whether an empty batch asks the database who leads; not where one process alone can open it.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Whether a failure says that the connection is gone.</summary>
    public abstract bool IsLost(DbException error, DbConnection connection);

    /// <summary>What to do about a failure that says that the database itself is damaged; null: it says something else.</summary>
    public virtual string? Remedy(DbException error) => null;

    /// <summary>Lets go of pooled connections.</summary>
    public abstract void Close();
}
