using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.Training.Data.Building;

/// <summary>Tells pages apart by their URL, normalised as C4 does.</summary>
internal static partial class PageUrl
{
    /// <summary>Whether a key is a URL and not a place in a file.</summary>
    public static bool IsUrl(string key) =>
        key.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || key.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>MD5 of a normalised URL, or of a key that is none: what C4 orders and splits pages by.</summary>
    public static UInt128 Digest(string key)
    {
#pragma warning disable CA5351 // MD5 is the rule's own, from C4; nothing secret hangs on it.
        return BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(Encoding.UTF8.GetBytes(IsUrl(key) ? Normalise(key) : key)));
#pragma warning restore CA5351
    }

    /// <summary>The URL without its scheme, www., tracking parameters and closing slashes.</summary>
    public static string Normalise(string url) => Tracking().Replace(Scheme().Replace(url, ""), "").TrimEnd('/');

    [GeneratedRegex(@"https?://(www\.)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"\?(utm_|ref|feed).*", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Tracking();
}
