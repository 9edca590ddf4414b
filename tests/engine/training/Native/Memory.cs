using System.Runtime.InteropServices;

namespace Orchestrator.Tests.Training.Native;

/// <summary>Unmanaged floats for a test, with a guard behind them that shows writes past the end.</summary>
internal sealed unsafe class Floats : IDisposable
{
    private const int Guard = 64;
    private readonly int _count;

    public Floats(int count)
    {
        _count = count;
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)(count + Guard) * sizeof(float), 64);
        Span.Clear();
        new Span<float>(Pointer + count, Guard).Fill(12345);
    }

    public Floats(ReadOnlySpan<float> values)
        : this(values.Length) => values.CopyTo(Span);

    public float* Pointer { get; }

    public Span<float> Span => new(Pointer, _count);

    public static implicit operator float*(Floats floats) => floats.Pointer;

    /// <summary>Normal values by Box and Muller from a seed.</summary>
    public static Floats Random(int count, int seed, double scale = 1)
    {
        var random = new Random(seed);
        var floats = new Floats(count);
        for (var i = 0; i < count; i++)
        {
            floats.Span[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return floats;
    }

    public void Dispose()
    {
        var intact = new Span<float>(Pointer + _count, Guard).IndexOfAnyExcept(12345) < 0;
        NativeMemory.AlignedFree(Pointer);
        if (!intact)
        {
            throw new InvalidOperationException("A kernel wrote past the end.");
        }
    }
}
