using System.Security.Cryptography;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Jobs;

/// <summary>Standard input as a file beside a corpus: it is called after its content, so that a killed build finds it again when it is fed the same.</summary>
internal sealed class StandardInputFile : IDisposable
{
    private readonly string _folder;

    private StandardInputFile(string folder, string path) => (_folder, Path) = (folder, path);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Reads standard input to its end.</summary>
    /// <param name="output">The folder that is written to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<StandardInputFile> SpoolAsync(string output, CancellationToken cancellationToken)
    {
        var folder = System.IO.Path.Combine(output, ".stdin");
        OutFolder.Make(output);
        Directory.CreateDirectory(folder);
        var partial = System.IO.Path.Combine(folder, $"{Environment.ProcessId}.partial");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var file = File.Create(partial))
        await using (var input = Console.OpenStandardInput())
        {
            var buffer = new byte[1 << 16];
            int read;
            while ((read = await input.ReadAsync(buffer, cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }

        var own = System.IO.Path.Combine(folder, Convert.ToHexStringLower(hash.GetHashAndReset()));
        Directory.CreateDirectory(own);
        var path = System.IO.Path.Combine(own, "stdin");
        File.Move(partial, path, overwrite: true);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        return new StandardInputFile(folder, path);
    }

    /// <summary>The build is done: the file is no longer needed.</summary>
    public void Forget() => Directory.Delete(_folder, recursive: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var partial in Directory.Exists(_folder) ? Directory.EnumerateFiles(_folder, "*.partial") : [])
        {
            File.Delete(partial);
        }
    }
}
