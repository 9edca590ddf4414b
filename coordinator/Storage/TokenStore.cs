using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The tokens that open the coordinator, kept as SHA-256 only.</summary>
internal sealed class TokenStore
{
    private readonly byte[][] _hashes;

    /// <summary>Stores the token that this start was given, in place of that of the last, and loads the others.</summary>
    public TokenStore(Database database, string token)
    {
        var batch = new WriteBatch();
        batch.Add("INSERT OR REPLACE INTO tokens (name, sha256) VALUES ('start', $hash)", ("$hash", Hash(token)));
        using var connection = database.Open();
        batch.Commit(connection);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sha256 FROM tokens ORDER BY name";
        using var reader = command.ExecuteReader();
        var hashes = new List<byte[]>();
        while (reader.Read())
        {
            hashes.Add(reader.GetFieldValue<byte[]>(0));
        }

        _hashes = [.. hashes];
    }

    /// <summary>Whether a token is one of them. Takes the same time whatever it is: every hash is compared in full.</summary>
    public bool Accepts(string token)
    {
        var hash = Hash(token);
        var found = false;
        foreach (var known in _hashes)
        {
            found |= CryptographicOperations.FixedTimeEquals(known, hash);
        }

        return found;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
