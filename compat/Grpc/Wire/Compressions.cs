using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Wire;

/// <summary>The compressions of a channel or a server, by name.</summary>
internal static class Compressions
{
    public static readonly IReadOnlyList<ICompressionProvider> Default =
    [
        new GzipCompressionProvider(CompressionLevel.Fastest),
        new DeflateCompressionProvider(CompressionLevel.Fastest),
    ];

    public static IReadOnlyDictionary<string, ICompressionProvider> ByName(IEnumerable<ICompressionProvider> providers) =>
        providers.ToDictionary(provider => provider.EncodingName, StringComparer.Ordinal);

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public static string AcceptHeader(IReadOnlyDictionary<string, ICompressionProvider> compressions) =>
        string.Join(',', compressions.Keys.Prepend(Protocol.Identity));
}
