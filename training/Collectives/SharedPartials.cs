using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Training.Collectives;

/// <summary>The partial sums of ranks that run on one machine, in memory that all of them map: nothing travels, the owner of a chunk adds it where it lies.</summary>
/// <remarks>
/// Each rank makes one file of its own in the system's shared memory; its name is gone as soon as all have mapped it, so that the memory
/// goes with the last process however it ends. Rank 0's first buffer is there twice, since the whole sum stays in it while the
/// ranks read it and rank 0 begins the next step.
/// </remarks>
internal sealed unsafe class SharedPartials : IDisposable
{
    private const string Folder = "/dev/shm";
    private const int RecordBytes = 128;
    private const int MarkBytes = 64;

    private readonly List<MemoryMappedFile> _files = [];
    private readonly List<MemoryMappedViewAccessor> _views = [];
    private readonly nint[] _starts;
    private readonly long _length;

    private SharedPartials(int worldSize, long length)
    {
        _starts = new nint[worldSize];
        _length = length;
    }

    /// <summary>Maps every rank's buffers, or gives up on every rank: they run on several machines, or the shared memory is too small.</summary>
    /// <param name="communicator">The ranks; all of them call this.</param>
    /// <param name="nodesByRank">How many buffers each rank has.</param>
    /// <param name="length">Values of a buffer.</param>
    /// <exception cref="PeerLostException">A peer was lost.</exception>
    public static SharedPartials? TryCreate(ICommunicator communicator, IReadOnlyList<int> nodesByRank, long length)
    {
        var partials = new SharedPartials(communicator.WorldSize, length);
        var path = Path.Combine(Folder, $"orchestrator-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
        var mark = RandomNumberGenerator.GetBytes(MarkBytes);
        try
        {
            var made = partials.TryMake(communicator.Rank, path, mark, Bytes(nodesByRank, communicator.Rank, length));
            var records = Gather(communicator, made ? Encoding.ASCII.GetBytes(path) : [], mark);
            var mapped = made;
            for (var rank = 0; rank < communicator.WorldSize && mapped; rank++)
            {
                mapped = rank == communicator.Rank || partials.TryMap(rank, records[rank].Path, records[rank].Mark, Bytes(nodesByRank, rank, length));
            }

            if (Gather(communicator, mapped ? [1] : [], []).All(record => record.Path.Length > 0))
            {
                return partials;
            }

            partials.Dispose();
            return null;
        }
        catch
        {
            partials.Dispose();
            throw;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A rank's buffer.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="node">Which of its buffers.</param>
    /// <param name="odd">Of rank 0's first buffer, which of the two.</param>
    public float* Buffer(int rank, int node, bool odd) =>
        (float*)_starts[rank] + ((rank == 0 ? (node == 0 ? (odd ? 1 : 0) : node + 1) : node) * _length);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var view in _views)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }

        _files.ForEach(file => file.Dispose());
        _views.Clear();
        _files.Clear();
    }

    private static long Bytes(IReadOnlyList<int> nodesByRank, int rank, long length) =>
        MarkBytes + ((nodesByRank[rank] + (rank == 0 ? 1 : 0)) * length * sizeof(float));

    // Reserves the memory, so that a full shared memory is an error here and not a fault at the first write.
    private bool TryMake(int rank, string path, byte[] mark, long bytes)
    {
        try
        {
            using (var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                PreallocationSize = bytes,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                file.SetLength(bytes);
                file.Write(mark);
            }

            return TryMap(rank, path, mark, bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private bool TryMap(int rank, string path, byte[] mark, long bytes)
    {
        try
        {
            var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, bytes, MemoryMappedFileAccess.ReadWrite);
            _files.Add(file);
            var view = file.CreateViewAccessor(0, bytes);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _views.Add(view);
            _starts[rank] = (nint)start + MarkBytes;
            return new ReadOnlySpan<byte>(start, MarkBytes).SequenceEqual(mark);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    // Each rank's path (empty: none) and mark.
    private static (string Path, byte[] Mark)[] Gather(ICommunicator communicator, ReadOnlySpan<byte> path, ReadOnlySpan<byte> mark)
    {
        const int record = RecordBytes + MarkBytes;
        using var buffer = new UnmanagedBuffer(communicator.WorldSize * record);
        var all = new Span<byte>(buffer.Start, communicator.WorldSize * record);
        path.CopyTo(all[(communicator.Rank * record)..]);
        mark.CopyTo(all[((communicator.Rank * record) + RecordBytes)..]);
        var bytes = new long[communicator.WorldSize];
        Array.Fill(bytes, record);
        communicator.AllGather(buffer.Start, bytes);
        var records = new (string, byte[])[communicator.WorldSize];
        for (var rank = 0; rank < records.Length; rank++)
        {
            var one = all.Slice(rank * record, record);
            records[rank] = (Encoding.ASCII.GetString(one[..RecordBytes]).TrimEnd('\0'), one[RecordBytes..].ToArray());
        }

        return records;
    }
}
