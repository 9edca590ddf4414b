using System.Text;

namespace Orchestrator.Training.Model;

/// <summary>Random numbers as a function of a key and an index: no state, no order, the same bits on every machine.</summary>
/// <remarks>
/// SplitMix64's finaliser (Steele, Lea and Flood 2014) over key + index x golden ratio. The arithmetic is +, -, x, / and sqrt of IEEE doubles alone
/// (the logarithm is computed here), so no library's or processor's choice shows in a result.
/// </remarks>
internal readonly struct CounterRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _key;

    /// <summary>The stream of a seed and a name.</summary>
    public CounterRandom(long seed, string name)
        : this(seed, Hash(name))
    {
    }

    /// <summary>The stream of a seed and a number.</summary>
    public CounterRandom(long seed, ulong stream) => _key = Mix(Mix((ulong)seed + Golden) ^ stream);

    /// <summary>64 random bits.</summary>
    public ulong Bits(ulong index) => Mix(_key + ((index + 1) * Golden));

    /// <summary>A number in [0, 1), a multiple of 2^-53.</summary>
    public double Uniform(ulong index) => (Bits(index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>A standard normal number by Marsaglia's polar method.</summary>
    public double Normal(ulong index)
    {
        for (ulong attempt = 0; ; attempt++)
        {
            var bits = new CounterRandom((long)Bits(index), attempt);
            var x = (2.0 * bits.Uniform(0)) - 1.0;
            var y = (2.0 * bits.Uniform(1)) - 1.0;
            var square = (x * x) + (y * y);
            if (square is > 0.0 and < 1.0)
            {
                return x * Math.Sqrt(-2.0 * Log(square) / square);
            }
        }
    }

    /// <summary>A normal number, drawn again until it lies within two standard deviations.</summary>
    public double TruncatedNormal(ulong index)
    {
        for (ulong attempt = 0; ; attempt++)
        {
            var value = new CounterRandom((long)_key, attempt).Normal(index);
            if (Math.Abs(value) <= 2.0)
            {
                return value;
            }
        }
    }

    /// <summary>The natural logarithm of a positive normal number: exponent x ln 2 + 2 artanh((m - 1) / (m + 1)).</summary>
    internal static double Log(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1023;
        var mantissa = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        var t = (mantissa - 1.0) / (mantissa + 1.0);
        var square = t * t;
        var sum = 0.0;
        for (var k = 21; k >= 1; k -= 2)
        {
            sum = (sum * square) + (1.0 / k);
        }

        return (exponent * 0.6931471805599453) + (2.0 * t * sum);
    }

    private static ulong Hash(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var value in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ value) * 0x100000001B3;
        }

        return hash;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
