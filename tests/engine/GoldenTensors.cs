using Orchestrator.Core.Checkpoints;
using Orchestrator.Training.Checkpoints;
using Xunit;

namespace Orchestrator.Tests;

/// <summary>The tensors of a golden safetensors file.</summary>
internal sealed class GoldenTensors : IDisposable
{
    private readonly SafetensorsFile _file;

    private GoldenTensors(string path) => _file = new SafetensorsFile(path);

    public IEnumerable<string> Names => _file.Places.Select(place => place.Name);

    /// <summary>A file of the folder that GOLDEN_DIR names, or of tests/golden.</summary>
    public static string PathOf(string name) =>
        Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } folder ? Path.Combine(folder, name) : TestFiles.Golden(name);

    public static GoldenTensors Open(string name) => new(PathOf(name));

    public bool Has(string name) => _file.Contains(name);

    public long[] Shape(string name) => [.. _file[name].Shape];

    public float[] Floats(string name) => Values<float>(name, TensorType.F32);

    public double[] Doubles(string name) => Values<double>(name, TensorType.F64);

    public long[] Longs(string name) => Values<long>(name, TensorType.I64);

    public void Dispose() => _file.Dispose();

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

    private unsafe T[] Values<T>(string name, TensorType type)
        where T : unmanaged
    {
        var tensor = _file[name];
        Assert.Equal(type, tensor.Type);
        return new ReadOnlySpan<T>((void*)tensor.Address, checked((int)(tensor.Bytes / sizeof(T)))).ToArray();
    }
}
