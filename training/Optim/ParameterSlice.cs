namespace Orchestrator.Training.Optim;

/// <summary>A weight's name and shape.</summary>
/// <param name="Name">Its Hugging Face name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="JoinsPrevious">Whether it must follow the weight before it without a gap.</param>
public sealed record ParameterShape(string Name, long[] Shape, bool JoinsPrevious = false)
{
    /// <summary>Number of values.</summary>
    public long Count => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
}

/// <summary>Where a weight lies in the flat buffers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Offset">Its first value, counted in values.</param>
/// <param name="Count">Number of values.</param>
public sealed record ParameterSlice(string Name, long[] Shape, long Offset, long Count);
