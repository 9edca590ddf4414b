using Orchestrator.Core.Plans;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Collectives;

/// <summary>Sums a step's gradients along the canonical tree (<see cref="SlotTree"/>), here and across ranks, to the same bits on any world size.</summary>
/// <remarks>
/// A rank computes its slots in order and sums the tree's nodes that lie in its share. Chunk c of every rank's nodes travels to rank c
/// (all-to-all), which finishes the tree over that chunk, and all-gather returns the whole sum: the bytes of a ring all-reduce.
/// Ranks of one machine share their partial sums' memory instead (<see cref="SharedPartials"/>), with the same additions.
/// </remarks>
public sealed unsafe class TreeSum : IDisposable
{
    // A chunk is whole cache lines, so that no two ranks' chunks share one.
    private const long ChunkUnit = 16;

    private readonly int _slots;
    private readonly long _length;
    private readonly ICommunicator _communicator;
    private readonly SlotRange[][] _nodesByRank;
    private readonly long[] _chunkBytes;
    private readonly float* _gradient;
    private readonly bool _oneSlot;
    private readonly UnmanagedBuffer[] _partials;
    private readonly List<UnmanagedBuffer> _scratch = [];
    private readonly UnmanagedBuffer[] _received;
    private readonly UnmanagedBuffer? _sum;
    private readonly SharedPartials? _shared;
    private bool _odd;

    // All ranks' nodes in slot order: where this rank's chunk of each lies, and the additions that turn them into the root.
    private readonly nint[] _parts;
    private readonly int[] _firstNode;
    private readonly Addition[] _additions;
    private readonly long _chunkOffset;

    /// <summary>Prepares the buffers.</summary>
    /// <param name="shares">Every rank's slots, contiguous, in rank order, together all slots.</param>
    /// <param name="communicator">The ranks.</param>
    /// <param name="gradient">Where a microbatch's gradient appears, <paramref name="length"/> values.</param>
    /// <param name="length">Values in the flat gradient.</param>
    /// <param name="shareMemory">Whether ranks of one machine may share memory.</param>
    public TreeSum(IReadOnlyList<SlotRange> shares, ICommunicator communicator, float* gradient, long length, bool shareMemory = true)
    {
        _slots = shares[^1].End;
        _communicator = communicator;
        _gradient = gradient;
        _length = length;
        _nodesByRank = [.. shares.Select(share => SlotTree.Nodes(_slots, share).ToArray())];
        _chunkBytes = ChunkBytes(length, communicator.WorldSize);
        _chunkOffset = _chunkBytes.Take(communicator.Rank).Sum();
        _firstNode = [.. _nodesByRank.Select((_, rank) => _nodesByRank.Take(rank).Sum(nodes => nodes.Length))];
        _parts = new nint[_nodesByRank.Sum(nodes => nodes.Length)];
        _additions = TreeProgram.Additions(_slots, [.. _nodesByRank.SelectMany(nodes => nodes)]);
        var mine = _nodesByRank[communicator.Rank];
        _oneSlot = shares[communicator.Rank].Count == 1;
        if (shareMemory && communicator.WorldSize > 1)
        {
            _shared = SharedPartials.TryCreate(communicator, [.. _nodesByRank.Select(nodes => nodes.Length)], length);
        }

        _partials = _oneSlot || _shared is not null ? [] : [.. mine.Select(_ => new UnmanagedBuffer(length * sizeof(float)))];
        if (communicator.WorldSize == 1 || _shared is not null)
        {
            _received = [];
            return;
        }

        _sum = new UnmanagedBuffer(length * sizeof(float));
        _received = [.. Enumerable.Range(0, _nodesByRank.Max(nodes => nodes.Length))
            .Select(round => new UnmanagedBuffer(_nodesByRank.Count(nodes => nodes.Length > round) * _chunkBytes[communicator.Rank]))];
    }

    /// <summary>Computes this rank's slots and sums the nodes of its share.</summary>
    /// <param name="compute">Computes the gradient of a slot into the flat gradient, over whatever is there.</param>
    public void SumShare(Action<int> compute)
    {
        var nodes = _nodesByRank[_communicator.Rank];
        if (_oneSlot)
        {
            compute(nodes[0].First);
            return;
        }

        for (var i = 0; i < nodes.Length; i++)
        {
            SumInto(nodes[i], Partial(i), depth: 0, compute);
        }
    }

    /// <summary>Finishes the tree across the ranks.</summary>
    /// <returns>The sum of all slots' gradients, valid until the next step; the same bits on every rank.</returns>
    /// <exception cref="PeerLostException">A peer died or was too late; nothing of this step may be used.</exception>
    public float* SumAcrossRanks()
    {
        var rank = _communicator.Rank;
        var size = _communicator.WorldSize;
        if (size == 1)
        {
            return Partial(0);
        }

        if (_shared is not null)
        {
            return SumInPlace(rank);
        }

        Span<long> send = stackalloc long[size];
        Span<long> receive = stackalloc long[size];
        for (var round = 0; round < _received.Length; round++)
        {
            var sends = round < _nodesByRank[rank].Length;
            for (var peer = 0; peer < size; peer++)
            {
                send[peer] = sends ? _chunkBytes[peer] : 0;
                receive[peer] = round < _nodesByRank[peer].Length ? _chunkBytes[rank] : 0;
            }

            _communicator.AllToAll(sends ? Partial(round) : null, send, _received[round].Start, receive);
        }

        FinishTree(rank);
        _communicator.AllGather(_sum!.Start, _chunkBytes);
        return _sum.Floats;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _partials.Concat(_scratch).Concat(_received))
        {
            buffer.Dispose();
        }

        _sum?.Dispose();
        _shared?.Dispose();
    }

    internal static long[] ChunkBytes(long length, int worldSize)
    {
        var units = (length + ChunkUnit - 1) / ChunkUnit;
        var bytes = new long[worldSize];
        long first = 0;
        for (var rank = 0; rank < worldSize; rank++)
        {
            var end = Math.Min(units * (rank + 1) / worldSize * ChunkUnit, length);
            bytes[rank] = (end - first) * sizeof(float);
            first = end;
        }

        return bytes;
    }

    private float* Partial(int node) =>
        _oneSlot ? _gradient
        : _shared is not null ? _shared.Buffer(_communicator.Rank, node, _odd)
        : _partials[node].Floats;

    // Between the two barriers only the owner of a chunk touches it, in every rank's buffers. After the second, the whole sum
    // lies in rank 0's first buffer, and stays there until rank 0 comes round to it again, two steps later.
    private float* SumInPlace(int rank)
    {
        if (_oneSlot)
        {
            Buffer.MemoryCopy(_gradient, _shared!.Buffer(rank, 0, _odd), _length * sizeof(float), _length * sizeof(float));
        }

        _communicator.Barrier();
        for (var peer = 0; peer < _nodesByRank.Length; peer++)
        {
            for (var node = 0; node < _nodesByRank[peer].Length; node++)
            {
                _parts[_firstNode[peer] + node] = (nint)_shared!.Buffer(peer, node, _odd) + (nint)_chunkOffset;
            }
        }

        Kernels.TreeSum(_parts, _additions, _chunkBytes[rank] / sizeof(float));
        _communicator.Barrier();
        var sum = _shared!.Buffer(0, 0, _odd);
        _odd = !_odd;
        return sum;
    }

    private void SumInto(SlotRange node, float* sum, int depth, Action<int> compute)
    {
        if (node.Count == 1)
        {
            compute(node.First);
            Buffer.MemoryCopy(_gradient, sum, _length * sizeof(float), _length * sizeof(float));
            return;
        }

        var middle = SlotTree.Middle(node);
        SumInto(new SlotRange(node.First, middle), sum, depth, compute);
        if (node.End - middle == 1)
        {
            compute(middle);
            Kernels.Add(sum, _gradient, _length);
            return;
        }

        if (_scratch.Count == depth)
        {
            _scratch.Add(new UnmanagedBuffer(_length * sizeof(float)));
        }

        SumInto(new SlotRange(middle, node.End), _scratch[depth].Floats, depth + 1, compute);
        Kernels.Add(sum, _scratch[depth].Floats, _length);
    }

    // Adds up the received nodes' chunks from the leaves of what is left of the tree to its root, and puts the root in its place in the sum.
    private void FinishTree(int rank)
    {
        for (var round = 0; round < _received.Length; round++)
        {
            var place = (byte*)_received[round].Start;
            for (var peer = 0; peer < _nodesByRank.Length; peer++)
            {
                if (round < _nodesByRank[peer].Length)
                {
                    _parts[_firstNode[peer] + round] = (nint)place;
                    place += _chunkBytes[rank];
                }
            }
        }

        Kernels.TreeSum(_parts, _additions, _chunkBytes[rank] / sizeof(float));
        Buffer.MemoryCopy((void*)_parts[0], (byte*)_sum!.Start + _chunkOffset, _chunkBytes[rank], _chunkBytes[rank]);
    }
}
