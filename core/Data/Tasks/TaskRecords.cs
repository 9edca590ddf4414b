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
    /// <param name="path">The file.</param>
    /// <param name="isArray">Whether its records are an array's entries, see <see cref="IsArray"/>.</param>
    /// <param name="take">Gets every record.</param>
    /// <returns>Where the last record ends at most, and the SHA-256 of the file, lower-case hexadecimal; both of what a packed file holds.</returns>
    /// <exception cref="FormatException">It is no array of JSON, or has a line too long to be one; the message follows the file's name.</exception>
    public static (long End, string Digest) Read(string path, bool isArray, Taker take)
    {
        using var file = PackedFile.Open(path);
        return isArray ? ReadArray(file, take) : ReadLines(file, take);
    }

    /// <summary>Whether a file's records are the entries of an array: one that stands alone, or in the field <c>Data</c> of an object, as in TriviaQA's files.</summary>
    public static bool IsArray(string path)
    {
        if (!PackedFile.PlainName(path).EndsWith(".json", StringComparison.Ordinal))
        {
            return false;
        }

        using var file = PackedFile.Open(path);
        var first = new byte[256];
        var held = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        if (!Next(Unmarked(first.AsSpan(0, held))).StartsWith("{"u8))
        {
            return Next(Unmarked(first.AsSpan(0, held))).StartsWith("["u8);
        }

        // Of lines the first is an object by itself; what goes over several is one object.
        Array.Resize(ref first, LongestLine);
        while (held < first.Length && !first.AsSpan(0, held).Contains((byte)'\n') && file.Read(first.AsSpan(held)) is var read and > 0)
        {
            held += read;
        }

        var line = first.AsSpan(0, held).IndexOf((byte)'\n') is var end and >= 0 ? first.AsSpan(0, end) : first.AsSpan(0, held);
        return !IsWhole(Unmarked(line));
    }

    // Whether a line is JSON by itself, and no object with an array in Data.
    private static bool IsWhole(ReadOnlySpan<byte> line)
    {
        try
        {
            var whole = new Utf8JsonReader(line);
            while (whole.Read())
            {
            }

            var reader = new Utf8JsonReader(line);
            return !Enter(ref reader);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Goes into the array: the one that there is, or that of the field Data. Whether there is one.
    private static bool Enter(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType == JsonTokenType.StartArray)
        {
            return reader.TokenType == JsonTokenType.StartArray;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isData = reader.ValueTextEquals("Data"u8);
            reader.Read();
            if (isData && reader.TokenType == JsonTokenType.StartArray)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
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
            if (!Enter(ref reader))
            {
                throw new FormatException(" is an object without an array in its field \"Data\"; name a file as published, or a .jsonl file of an object a line.");
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
