using System.Globalization;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>
/// Inputs from a line such as "r2,3 p3": a letter and a shape each. r: from -2 to 2, p: from 0.3 to 1.9, u: from -0.9 to 0.9,
/// i: whole numbers from 1 to 6, m: truth values, s: a symmetric positive definite matrix. No two elements are equal but of i and m. A capital letter: a constant, to which no gradient flows.
/// </summary>
internal static class Inputs
{
    public static Tensor[] Of(string line) => [.. line.Split(' ').Select(Input)];

    /// <summary>Which of the inputs of a line gradients flow to.</summary>
    public static bool[] Leaves(string line) => [.. line.Split(' ').Select(text => text[0] is 'r' or 'p' or 'u' or 's')];

    /// <summary>The same values, and none of them where a contiguous tensor of this shape has it, if that can be.</summary>
    public static Tensor Strided(Tensor input)
    {
        var reversed = Enumerable.Range(0, (int)input.dim()).Select(i => input.dim() - 1 - i).ToArray();
        return input.permute(reversed).contiguous().permute(reversed);
    }

    private static Tensor Input(string text, int number)
    {
        var shape = text.Length == 1 ? [] : text[1..].Split(',').Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        var count = shape.Aggregate(1L, (a, b) => a * b);
        // Multiples of an irrational number, folded into [0, 1): spread evenly, and never twice the same.
        var places = Enumerable.Range(1, (int)count).Select(i => ((0.7548776662 * i) + (0.3512 * number) + 0.1) % 1).ToArray();
        return char.ToLowerInvariant(text[0]) switch
        {
            'r' => Real(v => (4 * v) - 2),
            'p' => Real(v => 0.3 + (1.6 * v)),
            'u' => Real(v => (1.8 * v) - 0.9),
            'i' => tensor(Array.ConvertAll(places, v => 1 + (long)(6 * v))).reshape(shape),
            'm' => tensor(Array.ConvertAll(places, v => v < 0.5)).reshape(shape),
            's' => Positive(Real(v => v)),
            _ => throw new ArgumentException($"'{text}' is no input."),
        };

        Tensor Real(Converter<double, double> value) => tensor(Array.ConvertAll(places, value)).reshape(shape);
    }

    private static Tensor Positive(Tensor matrix) => matrix.matmul(matrix.t()).add(eye(matrix.shape[0], dtype: float64));
}
