using System.Buffers;
using System.Text;

namespace Orchestrator.Training.Data.Building;

/// <summary>Whether a page is one that can be parsed: of more elements its tree takes more memory than all else, and of elements nested deeper the parser's time grows with the square of the depth.</summary>
internal static class HtmlShape
{
    /// <summary>Elements of a page, as its tags begin them; each takes up to 500 bytes of memory with its text, and as much again until it is collected.</summary>
    public const int MaxElements = 200_000;

    /// <summary>Elements within elements; browsers end at 512.</summary>
    public const int MaxDepth = 10_000;

    private const int LongestName = 16;

    /// <summary>Bytes of a tag that are looked at: whoever leaves all tags open shall not have the rest of the page searched for each.</summary>
    private const int LongestTag = 4096;

    private static readonly SearchValues<byte> s_nameEnds = SearchValues.Create("\t\n\f\r />"u8);

    /// <summary>Elements that hold nothing, or that end where the next begins.</summary>
    private static readonly HashSet<string> s_flat = new(StringComparer.Ordinal)
    {
        "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param", "source", "track", "wbr",
        "p", "li", "dt", "dd", "option", "optgroup", "rb", "rp", "rt", "rtc", "td", "th", "tr", "tbody", "thead", "tfoot", "colgroup", "html", "head", "body",
    };

    /// <summary>Holds a page against both bounds.</summary>
    /// <exception cref="InvalidDataException">It is beyond one.</exception>
    public static void Require(ReadOnlySpan<byte> html)
    {
        var (elements, depth) = (0, 0);
        for (var next = html.IndexOf((byte)'<'); next >= 0; next = html.IndexOf((byte)'<'))
        {
            html = html[(next + 1)..];
            elements += html.StartsWith("/"u8) ? 0 : 1;
            if (elements > MaxElements)
            {
                throw new InvalidDataException("it has more than two hundred thousand elements");
            }

            depth += Change(html);
            if (depth > MaxDepth)
            {
                throw new InvalidDataException("its elements are nested more than ten thousand deep");
            }

            depth = Math.Max(depth, 0);
        }
    }

    /// <summary>How much deeper it is behind a tag: 1, 0 or -1.</summary>
    private static int Change(ReadOnlySpan<byte> tag)
    {
        var ends = tag.StartsWith("/"u8);
        tag = ends ? tag[1..] : tag;
        var length = tag[..Math.Min(tag.Length, LongestName)].IndexOfAny(s_nameEnds);
        if (length < 1 || !char.IsAsciiLetter((char)tag[0]) || s_flat.Contains(Encoding.ASCII.GetString(tag[..length]).ToLowerInvariant()))
        {
            return 0;
        }

        var end = tag[..Math.Min(tag.Length, LongestTag)].IndexOf((byte)'>');
        return ends ? -1 : end > 0 && tag[end - 1] == '/' ? 0 : 1;
    }
}
