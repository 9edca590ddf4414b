namespace Orchestrator.Training.Data.Building;

/// <summary>A file of plain text, in blocks that fit the memory.</summary>
/// <param name="Text">A block's text.</param>
/// <param name="IsAll">Whether it is the whole file.</param>
/// <param name="Damage">How the file is damaged from here on; then there is no text.</param>
internal readonly record struct TextBlocks(string Text, bool IsAll, string? Damage)
{
    private const int BlockBytes = 16 << 20;

    /// <summary>The blocks: 16 MB, cut where a line ends.</summary>
    public static IEnumerable<TextBlocks> Read(Stream content)
    {
        var buffer = new byte[1 << 16];
        var kept = 0;
        var isFirst = true;
        while (true)
        {
            var (read, damage) = Fill(content, buffer.AsSpan(kept));
            if (damage is not null)
            {
                yield return new TextBlocks("", false, damage);
                yield break;
            }

            var end = kept + read;
            var isLast = end < buffer.Length;
            if (!isLast && (buffer.Length < BlockBytes || IsUtf16(buffer)))
            {
                Array.Resize(ref buffer, checked(buffer.Length * 2));
                kept = end;
                continue;
            }

            var cut = isLast ? end : buffer.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
            cut = cut == 0 ? end : cut;
            if (cut > 0 || isFirst)
            {
                yield return new TextBlocks(Charsets.Decode(buffer.AsSpan(0, cut), declared: null), isFirst && isLast, null);
            }

            if (isLast)
            {
                yield break;
            }

            kept = end - cut;
            buffer.AsSpan(cut, kept).CopyTo(buffer);
            isFirst = false;
        }
    }

    /// <summary>In UTF-16 a line end may lie in the middle of a character; such a file is read in one.</summary>
    private static bool IsUtf16(ReadOnlySpan<byte> bytes) => bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];

    private static (int Read, string? Damage) Fill(Stream content, Span<byte> buffer)
    {
        try
        {
            return (content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false), null);
        }
        catch (InvalidDataException error)
        {
            return (0, error.Message);
        }
    }
}
