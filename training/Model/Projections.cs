using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>Queries, keys and values where they lie: columns of packed projections, rows being batch x position.</summary>
/// <param name="Queries">Matrix [B x Q, any] that holds the queries.</param>
/// <param name="QueryColumn">Its first column of the queries.</param>
/// <param name="Memory">Matrix that holds keys and values: B blocks of <paramref name="MemoryRows"/> rows.</param>
/// <param name="KeyColumn">Its first column of the keys.</param>
/// <param name="ValueColumn">Its first column of the values.</param>
/// <param name="MemoryRows">Rows of the memory between batch items, at least the number of keys.</param>
/// <param name="QueryStride">Columns from one head's queries to the next's; the head's width where they lie side by side.</param>
/// <param name="MemoryStride">Columns from one head's keys, or values, to the next's.</param>
internal readonly record struct Projections(
    Tensor Queries, int QueryColumn, Tensor Memory, int KeyColumn, int ValueColumn, int MemoryRows, int QueryStride, int MemoryStride);
