namespace Orchestrator.Training.Data.Building;

/// <summary>Whole streams in memory.</summary>
internal static class Blocks
{
    /// <summary>Everything that is left of a stream, or null where that is more than <paramref name="maxBytes"/>.</summary>
    public static byte[]? ReadAll(Stream stream, int maxBytes)
    {
        using var block = new MemoryStream();
        var buffer = new byte[1 << 16];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            if (block.Length + read > maxBytes)
            {
                return null;
            }

            block.Write(buffer, 0, read);
        }

        return block.ToArray();
    }
}
