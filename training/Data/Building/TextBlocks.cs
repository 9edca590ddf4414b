using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Training.Data.Building;

/// <summary>A file of plain text, in blocks that fit the memory.</summary>
/// <param name="Text">A block's text.</param>
/// <param name="IsAll">Whether it is the whole file.</param>
/// <param name="Damage">How the file is damaged from here on; then there is no text.</param>
internal readonly record struct TextBlocks(string Text, bool IsAll, string? Damage)
{
    private const int BlockBytes = 16 << 20;

    /// <summary>The blocks, cut where a line ends, or between characters where a line is longer than a block.</summary>
    /// <param name="content">The file.</param>
    /// <param name="blockBytes">Bytes that a block has at most; even, at least 4.</param>
    public static IEnumerable<TextBlocks> Read(Stream content, int blockBytes = BlockBytes)
    {
        var buffer = new byte[Math.Min(1 << 16, blockBytes)];
        var kept = 0;
        Encoding? wide = null;
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
            if (!isLast && buffer.Length < blockBytes)
            {
                Array.Resize(ref buffer, Math.Min(checked(buffer.Length * 2), blockBytes));
                kept = end;
                continue;
            }

            // Only the file's first bytes tell that it is UTF-16.
            wide = isFirst ? Wide(buffer.AsSpan(0, end)) : wide;
            var cut = isLast ? end : wide is null ? Cut(buffer.AsSpan(0, end)) : Cut(buffer.AsSpan(0, end), wide);
            if (cut > 0 || isFirst)
            {
                var bytes = buffer.AsSpan(0, cut);
                yield return new TextBlocks(wide is null || isFirst ? Charsets.Decode(bytes, declared: null) : wide.GetString(bytes), isFirst && isLast, null);
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

    /// <summary>What a byte order mark of two bytes stands for.</summary>
    private static Encoding? Wide(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, ..] => Encoding.Unicode,
        [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
        _ => null,
    };

    /// <summary>Behind the last line end; where there is none, before a character that UTF-8 would go on with.</summary>
    private static int Cut(ReadOnlySpan<byte> bytes)
    {
        if (bytes.LastIndexOf((byte)'\n') is >= 0 and var line)
        {
            return line + 1;
        }

        var last = bytes.Length - 1;
        while (last > bytes.Length - 4 && (bytes[last] & 0xC0) == 0x80)
        {
            last--;
        }

        var length = bytes[last] switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
        return last + length > bytes.Length ? last : bytes.Length;
    }

    /// <summary>The same in UTF-16, where a line end's byte may be half of another character.</summary>
    private static int Cut(ReadOnlySpan<byte> bytes, Encoding wide)
    {
        const int Unit = sizeof(char);
        var isLittleEndian = wide.Equals(Encoding.Unicode);
        ReadOnlySpan<byte> newLine = isLittleEndian ? [0x0A, 0x00] : [0x00, 0x0A];
        var units = MemoryMarshal.Cast<byte, ushort>(bytes);
        if (units.LastIndexOf(MemoryMarshal.Read<ushort>(newLine)) is >= 0 and var line)
        {
            return (line + 1) * Unit;
        }

        // The first half of a pair waits for the second.
        var last = (units.Length - 1) * Unit;
        var upper = bytes[isLittleEndian ? last + 1 : last];
        return (upper & 0xFC) == 0xD8 ? last : last + Unit;
    }

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
