using Orchestrator.Core.Checkpoints;

namespace Orchestrator.Training.Checkpoints;

/// <summary>How one weight differs between two folders.</summary>
/// <param name="Name">Its name.</param>
/// <param name="First">Number format and shape in the first, or null where it is missing.</param>
/// <param name="Second">The same in the second.</param>
/// <param name="MaxAbsolute">Largest absolute difference; null where the two cannot be compared.</param>
/// <param name="Relative">Root of the sum of squared differences over that of the first's values; null where the two cannot be compared.</param>
public sealed record TensorDifference(string Name, StoredTensor? First, StoredTensor? Second, double? MaxAbsolute, double? Relative)
{
    /// <summary>Whether the two are of one format and shape and hold the same bytes.</summary>
    public bool Same { get; init; }
}

/// <summary>How a weight is stored.</summary>
/// <param name="Dtype">Number format.</param>
/// <param name="Shape">Dimensions.</param>
public sealed record StoredTensor(TensorType Dtype, IReadOnlyList<long> Shape);

/// <summary>Compares the weights of two folders.</summary>
public static unsafe class CheckpointDiff
{
    private const int Piece = 1 << 20;

    /// <summary>Every weight of either folder, in the order of names.</summary>
    public static IEnumerable<TensorDifference> Compare(SafetensorsFolder first, SafetensorsFolder second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        foreach (var name in first.Names.Union(second.Names).Order(StringComparer.Ordinal))
        {
            var (left, right) = (first.Find(name), second.Find(name));
            var comparable = left is { } l && right is { } r && l.Shape.SequenceEqual(r.Shape);
            if (comparable && TensorCast.SameBytes(left!.Value, right!.Value))
            {
                yield return new TensorDifference(name, Stored(left), Stored(right), 0, 0) { Same = true };
                continue;
            }

            var (absolute, relative) = comparable ? Distance(left!.Value, right!.Value) : (null, null);
            yield return new TensorDifference(name, Stored(left), Stored(right), absolute, relative);
        }
    }

    /// <summary>The digest of a folder's weights as they are stored.</summary>
    public static string Digest(SafetensorsFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return WeightsDigest.Text(WeightsDigest.Of(folder.Names.Select(name => folder.Find(name)!.Value)));
    }

    private static StoredTensor? Stored(TensorView? tensor) => tensor is { } view ? new StoredTensor(view.Type, view.Shape) : null;

    private static (double? Absolute, double? Relative) Distance(TensorView left, TensorView right)
    {
        var (a, b) = (new float[Piece], new float[Piece]);
        double largest = 0, difference = 0, size = 0;
        var count = left.Bytes / left.Type.Size();
        fixed (float* pa = a, pb = b)
        {
            for (var at = 0L; at < count; at += Piece)
            {
                var here = (int)Math.Min(Piece, count - at);
                TensorCast.ToSingle(left, at, here, pa);
                TensorCast.ToSingle(right, at, here, pb);
                for (var i = 0; i < here; i++)
                {
                    // Equal infinities do not differ; a NaN shows in both figures.
                    var apart = a[i] == b[i] ? 0 : (double)a[i] - b[i];
                    largest = double.IsNaN(apart) ? double.NaN : Math.Max(largest, Math.Abs(apart));
                    difference += apart * apart;
                    size += (double)a[i] * a[i];
                }
            }
        }

        return (largest, difference == 0 ? 0 : Math.Sqrt(difference / size));
    }
}
