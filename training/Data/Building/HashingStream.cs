using System.Security.Cryptography;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>Reads a stream and hashes what passes.</summary>
/// <param name="source">The stream; closed with this one.</param>
internal sealed class HashingStream(Stream source) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>SHA-256 of the whole stream, lower-case hexadecimal; what was not read yet is read.</summary>
    public string Complete()
    {
        CopyTo(Null);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer);
        _hash.AppendData(buffer[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
