using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The tokens that open the coordinator, kept as SHA-256 only.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="token">The token that this start was given; it takes the place of that of the last start.</param>
internal sealed class TokenStore(SqlRunStore store, string token)
{
    private readonly IReadOnlyList<byte[]> _hashes = store.PutToken("start", Hash(token));

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
