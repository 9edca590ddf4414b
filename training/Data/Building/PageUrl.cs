using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.Training.Data.Building;

/// <summary>Tells pages apart by their URL, normalised as C4 does.</summary>
internal static partial class PageUrl
{
    /// <summary>MD5 of a normalised URL; 0 where a key is no URL.</summary>
    public static UInt128 Digest(string key)
    {
        if (!key.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !key.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return UInt128.Zero;
        }

#pragma warning disable CA5351 // MD5 tells URLs apart; nothing secret hangs on it.
        return BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(Encoding.UTF8.GetBytes(Normalise(key))));
#pragma warning restore CA5351
    }

    /// <summary>The URL without its scheme, www., tracking parameters and closing slashes.</summary>
    public static string Normalise(string url) => Tracking().Replace(Scheme().Replace(url, ""), "").TrimEnd('/');

    [GeneratedRegex(@"^https?://(www\.)?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"\?(utm_|ref|feed).*", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Tracking();
}
