namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>doctor</c>: says what a worker of this machine computes with, and how fast.</summary>
/// <remarks>
/// Its events: <c>machine</c> {processor, instructions, cores, memory_bytes, load}; <c>setting</c> {name, value, set_by} for each variable
/// that bears on speed; <c>library</c> {name, path} or {name, fault} for each native library of the product, and {name, path} for those that
/// came with them; <c>engines</c> {tensor, libtorch, cuda_devices, threads, grpc}; <c>rate</c> {dtype, size, gflops} for each matrix product
/// measured; <c>finished</c> {}.
/// </remarks>
public sealed record DoctorRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "doctor";

    /// <summary>Compute threads; null: one per processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Rows and columns of the square matrices whose products are timed; empty: none is.</summary>
    public IReadOnlyList<int> Sizes { get; init; } = [512, 1024, 2048];

    /// <summary>The variables that the caller set because the user had not.</summary>
    public IReadOnlyList<string> SetByLauncher { get; init; } = [];

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (Threads is < 1)
        {
            throw new BadInputException($"threads: must be at least 1, was {Threads}.");
        }

        foreach (var size in Sizes)
        {
            if (size is < 1 or > 16384)
            {
                throw new BadInputException($"sizes: must be from 1 to 16384, was {size}.");
            }
        }
    }
}
