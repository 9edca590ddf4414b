using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Takes metadata out of headers.</summary>
internal static class MetadataEntries
{
    /// <summary>Adds a header; a binary one may hold several values between commas. One that is not valid metadata is left out.</summary>
    public static void Add(Metadata metadata, string name, string value)
    {
        try
        {
            if (!Metadata.Entry.HasBinarySuffix(name))
            {
                metadata.Add(name, value);
                return;
            }

            foreach (var part in value.Split(','))
            {
                metadata.Add(name, Protocol.FromBase64(part.Trim()));
            }
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // A peer's mistake in a header must not end the call that it came with.
        }
    }
}
