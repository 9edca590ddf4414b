using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Training.Checkpoints;

/// <summary>A named tensor in memory that someone else owns.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its number format.</param>
/// <param name="Shape">Dimensions, row-major.</param>
/// <param name="Address">Of its first byte.</param>
public readonly record struct TensorView(string Name, TensorType Type, IReadOnlyList<long> Shape, nint Address)
{
    /// <summary>Its length in bytes.</summary>
    public long Bytes
    {
        get
        {
            long count = Type.Size();
            foreach (var dimension in Shape)
            {
                count = checked(count * dimension);
            }

            return count;
        }
    }
}
