using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace Orchestrator.Tests;

/// <summary>The tensors of a golden safetensors file, and the numbers of its sidecar.</summary>
internal sealed class GoldenTensors
{
    private readonly byte[] _bytes;
    private readonly Dictionary<string, JsonElement> _header;
    private readonly int _data;

    private GoldenTensors(byte[] bytes)
    {
        _bytes = bytes;
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        _header = JsonDocument.Parse(bytes.AsMemory(8, length)).RootElement.EnumerateObject()
            .Where(tensor => tensor.Name != "__metadata__").ToDictionary(tensor => tensor.Name, tensor => tensor.Value, StringComparer.Ordinal);
        _data = 8 + length;
    }

    public IEnumerable<string> Names => _header.Keys;

    /// <summary>A file of the folder that GOLDEN_DIR names, or of tests/golden.</summary>
    public static string PathOf(string name) =>
        Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } folder ? Path.Combine(folder, name) : TestFiles.Golden(name);

    public static GoldenTensors Open(string name) => new(File.ReadAllBytes(PathOf(name)));

    public bool Has(string name) => _header.ContainsKey(name);

    public long[] Shape(string name) => [.. _header[name].GetProperty("shape").EnumerateArray().Select(value => value.GetInt64())];

    public float[] Floats(string name) => Values<float>(name, "F32");

    public double[] Doubles(string name) => Values<double>(name, "F64");

    public long[] Longs(string name) => Values<long>(name, "I64");

    /// <summary>Largest absolute difference.</summary>
    public static double Distance(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs((double)expected[i] - actual[i]);
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }

        return largest;
    }

    public static double Largest(ReadOnlySpan<float> values)
    {
        var largest = 0.0;
        foreach (var value in values)
        {
            largest = Math.Max(largest, Math.Abs((double)value));
        }

        return largest;
    }

    private T[] Values<T>(string name, string dtype)
        where T : unmanaged
    {
        Assert.Equal(dtype, _header[name].GetProperty("dtype").GetString());
        var offsets = _header[name].GetProperty("data_offsets");
        var (begin, end) = (offsets[0].GetInt32(), offsets[1].GetInt32());
        return MemoryMarshal.Cast<byte, T>(_bytes.AsSpan(_data + begin, end - begin)).ToArray();
    }
}
