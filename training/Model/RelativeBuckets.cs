namespace Orchestrator.Training.Model;

/// <summary>Which entry of the relative bias a distance uses.</summary>
/// <remarks>Mesh TensorFlow, transformer_layers.py: half of the buckets are exact distances, the others grow logarithmically.</remarks>
internal static class RelativeBuckets
{
    /// <summary>The bucket of a distance.</summary>
    /// <param name="distance">Key position minus query position.</param>
    /// <param name="bidirectional">Whether keys after the query have buckets of their own (the encoder's).</param>
    /// <param name="buckets">Number of buckets.</param>
    /// <param name="longest">Distance from which all share the last bucket.</param>
    public static int Of(long distance, bool bidirectional, int buckets, int longest)
    {
        var offset = 0;
        if (bidirectional)
        {
            buckets /= 2;
            offset = distance > 0 ? buckets : 0;
            distance = Math.Abs(distance);
        }
        else
        {
            distance = Math.Max(-distance, 0);
        }

        var exact = buckets / 2;
        if (distance < exact)
        {
            return offset + (int)distance;
        }

        // In single precision, as the references compute it: the rounding decides at bucket borders.
        var steps = MathF.Log((float)distance / exact) / (float)Math.Log((double)longest / exact) * (buckets - exact);
        return offset + Math.Min(exact + (int)steps, buckets - 1);
    }
}
