namespace Orchestrator.Training.Data.Remote;

/// <summary>A folder, for example of a network file system, as a store.</summary>
/// <param name="folder">The folder.</param>
internal sealed class FolderStore(string folder) : IObjectStore
{
    public async Task<byte[]> ReadAsync(string name, long offset, int count, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        file.Position = offset;
        var bytes = new byte[Math.Clamp(file.Length - offset, 0, count)];
        await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    public Task DownloadAsync(string name, string path, CancellationToken cancellationToken) => CopyAsync(Path.Combine(folder, name), path, cancellationToken);

    public Task UploadAsync(string path, string name, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        return CopyAsync(path, Path.Combine(folder, name), cancellationToken);
    }

    public void Dispose()
    {
    }

    private static async Task CopyAsync(string from, string to, CancellationToken cancellationToken)
    {
        await using (var source = File.OpenRead(from))
        await using (var target = File.Create(to + ".tmp"))
        {
            await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
        }

        File.Move(to + ".tmp", to, overwrite: true);
    }
}
