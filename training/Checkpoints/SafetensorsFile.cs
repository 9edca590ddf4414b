using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Training.Checkpoints;

/// <summary>A safetensors file, mapped into memory and read as it is touched.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private bool _disposed;
    private readonly Dictionary<string, TensorPlace> _places;

    /// <summary>Opens a file and checks its header in full.</summary>
    /// <exception cref="InvalidDataException">It is not a safetensors file; the message names it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SafetensorsFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        (Places, Metadata) = ReadHeader(stream, path);
        _places = Places.ToDictionary(place => place.Name);
        FilePath = path;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>Its tensors, in the header's order.</summary>
    public IReadOnlyList<TensorPlace> Places { get; }

    /// <summary>The header's free text.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>A tensor of the file, readable until this is disposed.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public TensorView this[string name]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var place = _places.TryGetValue(name, out var found) ? found : throw new KeyNotFoundException($"{FilePath} holds no tensor '{name}'.");
            return new TensorView(place.Name, place.Type, place.Shape, (nint)(_start + place.Offset));
        }
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Contains(string name) => _places.ContainsKey(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static (IReadOnlyList<TensorPlace> Places, IReadOnlyDictionary<string, string> Metadata) ReadHeader(FileStream stream, string path)
    {
        try
        {
            Span<byte> prefix = stackalloc byte[8];
            if (stream.Length < 10)
            {
                throw new InvalidDataException("it is shorter than the shortest header");
            }

            stream.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length > SafetensorsHeader.MaxJsonBytes || length > (ulong)stream.Length - 8)
            {
                throw new InvalidDataException($"its header claims {length} bytes of a file of {stream.Length}");
            }

            var json = new byte[length];
            stream.ReadExactly(json);
            return SafetensorsHeader.Parse(json, stream.Length);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path} is not a safetensors file: {error.Message}.", error);
        }
    }
}
