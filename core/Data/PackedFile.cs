namespace Orchestrator.Core.Data;

/// <summary>Files that may be packed with gzip, in any number of members: their first bytes tell, whatever they are called.</summary>
public static class PackedFile
{
    private const string Suffix = ".gz";

    /// <summary>A file's name without the ending that says that it is packed.</summary>
    public static string PlainName(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(Suffix, StringComparison.Ordinal) ? path[..^Suffix.Length] : path;
    }

    /// <summary>Whether a file is packed.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool Is(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> first = stackalloc byte[2];
        return file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) == first.Length && first is [0x1f, 0x8b];
    }

    /// <summary>Opens a file to be read from its beginning, unpacked where it is packed.</summary>
    /// <remarks>Of a damaged packed file reading throws <see cref="InvalidDataException"/>.</remarks>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Stream Open(string path)
    {
        var packed = Is(path);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: packed ? 1 << 16 : 0, FileOptions.SequentialScan);
        return packed ? new Unpacked(file) : file;
    }

    /// <summary>The whole of a text file, unpacked where it is packed.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is packed and damaged.</exception>
    public static string ReadAllText(string path)
    {
        using var text = new StreamReader(Open(path));
        return text.ReadToEnd();
    }

    private sealed class Unpacked(Stream file) : ReadOnlyStream
    {
        private readonly GzipReader _reader = new(file);

        public override int Read(Span<byte> buffer) => _reader.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _reader.Dispose();
                file.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
