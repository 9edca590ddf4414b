using Orchestrator.Core;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Remote;

/// <summary>Named objects of bytes. Thread-safe. What goes wrong comes out as the store's own exception.</summary>
internal interface IObjectStore : IDisposable
{
    /// <summary>Reads bytes of an object.</summary>
    /// <returns>The bytes; fewer where the object ends before.</returns>
    Task<byte[]> ReadAsync(string name, long offset, int count, CancellationToken cancellationToken);

    /// <summary>Reads a whole object into a file.</summary>
    Task DownloadAsync(string name, string path, CancellationToken cancellationToken);

    /// <summary>Writes a file as an object.</summary>
    Task UploadAsync(string path, string name, CancellationToken cancellationToken);
}

/// <summary>Opens stores.</summary>
internal static class ObjectStores
{
    /// <summary>The store at a place.</summary>
    /// <exception cref="BadInputException">The URL is of no known kind.</exception>
    public static IObjectStore Open(RemoteShards place)
    {
        if (!place.Url.Contains("://", StringComparison.Ordinal))
        {
            return new FolderStore(place.Url);
        }

        return place.Url.StartsWith("s3://", StringComparison.Ordinal) && place.Url.Length > 5 && place.Url[5] != '/'
            ? new S3Store(place)
            : throw new BadInputException($"url: '{place.Url}' is neither s3://BUCKET/PREFIX nor a folder.");
    }
}
