using System.IO.MemoryMappedFiles;

namespace Orchestrator.Training.Data.Building;

/// <summary>A bit for each of many things, in a memory-mapped file without a name: the system takes its memory back when it is short of it.</summary>
/// <remarks>Different threads must not set bits at the same time.</remarks>
internal sealed unsafe class BitFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bits;

    /// <summary>Bits that are all unset.</summary>
    /// <param name="path">Where the file may be.</param>
    /// <param name="count">How many.</param>
    public BitFile(string path, long count)
    {
        File.Delete(path);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.CreateNew, mapName: null, (count / 8) + 1);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bits);
        // The name goes at once: the bits stay for as long as they are mapped, and a killed process leaves none behind.
        File.Delete(path);
    }

    /// <summary>Whether a bit is set.</summary>
    public bool this[long place] => (_bits[place >> 3] >> (int)(place & 7) & 1) != 0;

    /// <summary>Sets a bit.</summary>
    public void Set(long place) => _bits[place >> 3] |= (byte)(1 << (int)(place & 7));

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
