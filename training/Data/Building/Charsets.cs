using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.Training.Data.Building;

/// <summary>Decodes text in the character set it says it is in.</summary>
internal static partial class Charsets
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    static Charsets() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>The text of bytes: by byte order mark, else by the declared name, else by the document's own word (meta or XML
    /// declaration in its first kilobyte), else UTF-8 where it is valid, else windows-1252.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, string? declared)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return Encoding.UTF8.GetString(bytes[3..]);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        }

        if ((Find(declared) ?? Find(OwnWord(bytes))) is { } encoding)
        {
            return encoding.GetString(bytes);
        }

        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.GetEncoding(1252).GetString(bytes);
        }
    }

    private static string? OwnWord(ReadOnlySpan<byte> bytes)
    {
        var match = Declaration().Match(Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 1024)]));
        return match.Success ? match.Groups["name"].Value : null;
    }

    private static Encoding? Find(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return null;
        }

        // Browsers read Latin-1 and ASCII as windows-1252 (WHATWG Encoding, 4.2); a meta tag that says UTF-16 lies.
        name = name.Trim().Trim('"', '\'').ToLowerInvariant() switch
        {
            "iso-8859-1" or "iso8859-1" or "latin1" or "latin-1" or "us-ascii" or "ascii" => "windows-1252",
            "utf8" or "utf-16" or "utf-16le" or "utf-16be" => "utf-8",
            var other => other,
        };
        try
        {
            return Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex("""(?:charset|encoding)\s*=\s*["']?\s*(?<name>[A-Za-z0-9_\-:.]+)""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();
}
