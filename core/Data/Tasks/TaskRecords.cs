using System.Security.Cryptography;
using System.Text.Json;

namespace Orchestrator.Core.Data.Tasks;

/// <summary>Reads a file through, record by record: its lines, or the entries of the array that a .json file holds, alone or in the field <c>Data</c>.</summary>
internal static class TaskRecords
{
    private const int LongestLine = 16 << 20;

    /// <summary>Gets a record.</summary>
    /// <param name="record">Its bytes, without the end of its line; empty for an empty line.</param>
    /// <param name="start">Where it starts in the file.</param>
    /// <param name="number">Its line, or its place in the array, from 1.</param>
    public delegate void Taker(ReadOnlySpan<byte> record, long start, long number);

    /// <summary>Reads a file through.</summary>
    /// <returns>Where the last record ends at most, and the SHA-256 of the file, lower-case hexadecimal; both of what a packed file holds.</returns>
    /// <exception cref="FormatException">It is no array of JSON, or has a line too long to be one; the message follows the file's name.</exception>
    public static (long End, string Digest) Read(string path, Taker take)
    {
        var isArray = IsArray(path);
        using var file = PackedFile.Open(path);
        return isArray ? ReadArray(file, take) : ReadLines(file, take);
    }

    // An array, or TriviaQA's object whose first field, Data, is one.
    private static bool IsArray(string path)
    {
        if (!PackedFile.PlainName(path).EndsWith(".json", StringComparison.Ordinal))
        {
            return false;
        }

        using var file = PackedFile.Open(path);
        Span<byte> first = stackalloc byte[256];
        first = first[..file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false)];
        return Next(Unmarked(first)) is var text && (text.StartsWith("["u8) || (text.StartsWith("{"u8) && Next(text[1..]) is var field && field.StartsWith("\"Data\""u8)));
    }

    private static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> bytes) => bytes.TrimStart(" \t\r\n"u8);

    private static ReadOnlySpan<byte> Unmarked(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes;

    private static (long End, string Digest) ReadArray(Stream file, Taker take)
    {
        var bytes = AllOf(file);
        var mark = bytes.Length - Unmarked(bytes).Length;
        var (number, end) = (0L, 0L);
        try
        {
            var reader = new Utf8JsonReader(bytes.AsSpan(mark));
            while (reader.Read() && reader.TokenType != JsonTokenType.StartArray)
            {
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = mark + reader.TokenStartIndex;
                reader.Skip();
                end = mark + reader.BytesConsumed;
                take(bytes.AsSpan((int)start, (int)(end - start)), start, ++number);
            }
        }
        catch (JsonException error)
        {
            throw new FormatException($" is not JSON: {error.Message}", error);
        }

        return (end, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static byte[] AllOf(Stream file)
    {
        using var memory = new MemoryStream(file is FileStream plain ? (int)Math.Min(plain.Length, Array.MaxLength) : 0);
        file.CopyTo(memory);
        return memory.Length == memory.Capacity ? memory.GetBuffer() : memory.ToArray();
    }

    private static (long End, string Digest) ReadLines(Stream file, Taker take)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, held, at, number) = (new byte[1 << 20], 0, 0L, 0L);
        while (true)
        {
            var read = file.Read(buffer.AsSpan(held));
            hash.AppendData(buffer, held, read);
            held += read;
            var taken = Lines(buffer.AsSpan(0, held), ended: read == 0);
            at += taken;
            held -= taken;
            buffer.AsSpan(taken, held).CopyTo(buffer);
            if (read == 0)
            {
                return (at, Convert.ToHexStringLower(hash.GetHashAndReset()));
            }

            if (held == LongestLine)
            {
                throw new FormatException($":{number + 1}: the line is longer than {LongestLine} bytes.");
            }

            if (held == buffer.Length)
            {
                Array.Resize(ref buffer, 2 * held);
            }
        }

        int Lines(ReadOnlySpan<byte> bytes, bool ended)
        {
            var taken = 0;
            while (taken < bytes.Length)
            {
                var length = bytes[taken..].IndexOf((byte)'\n');
                if (length < 0 && !ended)
                {
                    break;
                }

                var next = length < 0 ? bytes.Length : taken + length + 1;
                take(bytes[taken..next].TrimEnd("\r\n"u8), at + taken, ++number);
                taken = next;
            }

            return taken;
        }
    }
}
