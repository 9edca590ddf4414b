using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Core.Checkpoints;

/// <summary>One tensor's place in a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its number format.</param>
/// <param name="Shape">Dimensions, row-major; empty for a single value.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Bytes">Its length.</param>
public sealed record TensorPlace(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long Bytes);

/// <summary>The header of a safetensors file: eight bytes of length, then JSON, then the tensors' bytes end to end.</summary>
/// <remarks>https://github.com/huggingface/safetensors: no gaps, no overlaps, row-major, little-endian.</remarks>
public static class SafetensorsHeader
{
    /// <summary>The format's own bound on the JSON's length.</summary>
    public const long MaxJsonBytes = 100_000_000;

    /// <summary>Lays tensors out in the order of their names (ordinal) and returns the file's first bytes with every place.</summary>
    /// <remarks>The data starts at a multiple of 64 bytes, so that a mapped fp32 tensor is aligned.</remarks>
    public static (byte[] Header, IReadOnlyList<TensorPlace> Places) Build(
        IEnumerable<(string Name, TensorType Type, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var places = new List<TensorPlace>();
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (metadata is not null)
            {
                writer.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    writer.WriteString(key, value);
                }

                writer.WriteEndObject();
            }

            var end = 0L;
            foreach (var (name, type, shape) in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
            {
                var place = new TensorPlace(name, type, [.. shape], end, checked(Count(shape) * type.Size()));
                end = checked(end + place.Bytes);
                places.Add(place);
                Write(writer, place);
            }

            writer.WriteEndObject();
        }

        var length = ((8 + json.Length + 63) / 64 * 64) - 8;
        var header = new byte[8 + length];
        header.AsSpan(8).Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        json.ToArray().CopyTo(header, 8);
        return (header, [.. places.Select(place => place with { Offset = place.Offset + header.Length })]);
    }

    /// <summary>Reads and checks the JSON of a file that may have been made to deceive.</summary>
    /// <param name="json">The bytes after the length.</param>
    /// <param name="fileBytes">Length of the whole file.</param>
    /// <exception cref="InvalidDataException">It breaks a rule of the format, which the message names.</exception>
    public static (IReadOnlyList<TensorPlace> Places, IReadOnlyDictionary<string, string> Metadata) Parse(ReadOnlySpan<byte> json, long fileBytes)
    {
        var places = new List<TensorPlace>();
        var metadata = new Dictionary<string, string>();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            if (json.IsEmpty || json[0] != (byte)'{')
            {
                throw new InvalidDataException("the header does not start with '{'");
            }

            reader.Read();
            var names = new HashSet<string>();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!names.Add(name))
                {
                    throw new InvalidDataException($"the name '{Shown(name)}' appears twice");
                }

                reader.Read();
                if (name == "__metadata__")
                {
                    ReadMetadata(ref reader, metadata);
                }
                else
                {
                    places.Add(ReadPlace(ref reader, name, 8 + json.Length));
                }
            }

            while (reader.Read())
            {
                // Anything but white space after the object throws here.
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            throw new InvalidDataException($"the header is not the JSON of the format ({error.Message})", error);
        }

        RequireNoGaps(places, 8 + json.Length, fileBytes);
        return (places, metadata);
    }

    private static void Write(Utf8JsonWriter writer, TensorPlace place)
    {
        writer.WriteStartObject(place.Name);
        writer.WriteString("dtype", place.Type.ToString());
        writer.WriteStartArray("shape");
        foreach (var dimension in place.Shape)
        {
            writer.WriteNumberValue(dimension);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(place.Offset);
        writer.WriteNumberValue(place.Offset + place.Bytes);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String, key);
            metadata[key] = reader.GetString()!;
        }
    }

    private static TensorPlace ReadPlace(ref Utf8JsonReader reader, string name, long dataStart)
    {
        Expect(ref reader, JsonTokenType.StartObject, name);
        TensorType? type = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString();
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null:
                    type = ReadType(ref reader, name);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name);
                    break;
                default:
                    throw new InvalidDataException($"tensor '{Shown(name)}' has the unknown or repeated field '{Shown(field!)}'");
            }
        }

        if (type is not { } known || shape is null || offsets is not { Count: 2 })
        {
            throw new InvalidDataException($"tensor '{Shown(name)}' lacks dtype, shape or two data_offsets");
        }

        var (begin, end) = (offsets[0], offsets[1]);
        if (!TryCount(shape, out var count) || count > long.MaxValue / known.Size() || begin > end || end - begin != count * known.Size())
        {
            throw new InvalidDataException($"tensor '{Shown(name)}' has data_offsets that do not fit its shape and dtype");
        }

        if (begin > long.MaxValue - dataStart - (end - begin))
        {
            throw new InvalidDataException($"tensor '{Shown(name)}' lies outside the file");
        }

        return new TensorPlace(name, known, shape, dataStart + begin, end - begin);
    }

    private static TensorType ReadType(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.String, name);
        var text = reader.GetString()!;
        return Enum.TryParse<TensorType>(text, out var type) && type.ToString() == text
            ? type
            : throw new InvalidDataException($"tensor '{Shown(name)}' has the dtype '{Shown(text)}', which is not one of {string.Join(", ", Enum.GetNames<TensorType>())}");
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartArray, name);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0 || numbers.Count == 64)
            {
                throw new InvalidDataException($"tensor '{Shown(name)}' has a dimension or offset that is not a whole number of 0 or more");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token, string name)
    {
        if (reader.TokenType != token)
        {
            throw new InvalidDataException($"'{Shown(name)}' has a {reader.TokenType} where a {token} belongs");
        }
    }

    private static void RequireNoGaps(List<TensorPlace> places, long dataStart, long fileBytes)
    {
        var end = dataStart;
        foreach (var place in places.OrderBy(place => place.Offset).ThenBy(place => place.Bytes))
        {
            if (place.Offset != end)
            {
                throw new InvalidDataException($"tensor '{Shown(place.Name)}' starts at byte {place.Offset} where byte {end} is due");
            }

            end = place.Offset + place.Bytes;
        }

        if (end != fileBytes)
        {
            throw new InvalidDataException($"the tensors end at byte {end} and the file at byte {fileBytes}");
        }
    }

    private static long Count(IReadOnlyList<long> shape) =>
        TryCount(shape, out var count) ? count : throw new ArgumentException("A shape has a negative dimension or too many values.", nameof(shape));

    private static bool TryCount(IReadOnlyList<long> shape, out long count)
    {
        count = 1;
        foreach (var dimension in shape)
        {
            if (dimension < 0 || (count > 0 && dimension > long.MaxValue / count))
            {
                return false;
            }

            count *= dimension;
        }

        return true;
    }

    // Names come from the file: what is shown of them is short and printable.
    private static string Shown(string name) => string.Concat(name.Take(80).Select(c => char.IsControl(c) ? '?' : c));
}
