using System.Reflection;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>Operators against plain .NET arithmetic, element by element.</summary>
public sealed class OperatorTests
{
    private static readonly double[] X = [-1.7, -0.6, 0.0, 0.3, 0.9, 2.4];
    private static readonly double[] Y = [0.4, -1.2, 2.0, 1.1, -0.3, 0.7];

    private static readonly Dictionary<string, (Func<Tensor, Tensor> Run, Func<double, double> Expected)> Unary = new(StringComparer.Ordinal)
    {
        ["abs"] = (x => x.abs(), Math.Abs),
        ["neg"] = (x => x.neg(), v => -v),
        ["exp"] = (x => x.exp(), Math.Exp),
        ["exp2"] = (x => x.exp2(), v => Math.Pow(2, v)),
        ["expm1"] = (x => x.expm1(), v => Math.Exp(v) - 1),
        ["log"] = (x => x.add(2).log(), v => Math.Log(v + 2)),
        ["log2"] = (x => x.add(2).log2(), v => Math.Log2(v + 2)),
        ["log10"] = (x => x.add(2).log10(), v => Math.Log10(v + 2)),
        ["log1p"] = (x => x.abs().log1p(), v => Math.Log(1 + Math.Abs(v))),
        ["sqrt"] = (x => x.abs().sqrt(), v => Math.Sqrt(Math.Abs(v))),
        ["rsqrt"] = (x => x.add(2).rsqrt(), v => 1 / Math.Sqrt(v + 2)),
        ["reciprocal"] = (x => x.add(2).reciprocal(), v => 1 / (v + 2)),
        ["square"] = (x => x.square(), v => v * v),
        ["sin"] = (x => x.sin(), Math.Sin),
        ["cos"] = (x => x.cos(), Math.Cos),
        ["tan"] = (x => x.tan(), Math.Tan),
        ["asin"] = (x => x.div(3).asin(), v => Math.Asin(v / 3)),
        ["acos"] = (x => x.div(3).acos(), v => Math.Acos(v / 3)),
        ["atan"] = (x => x.atan(), Math.Atan),
        ["sinh"] = (x => x.sinh(), Math.Sinh),
        ["cosh"] = (x => x.cosh(), Math.Cosh),
        ["tanh"] = (x => x.tanh(), Math.Tanh),
        ["asinh"] = (x => x.asinh(), Math.Asinh),
        ["acosh"] = (x => x.abs().add(1).acosh(), v => Math.Acosh(Math.Abs(v) + 1)),
        ["atanh"] = (x => x.div(3).atanh(), v => Math.Atanh(v / 3)),
        ["sigmoid"] = (x => x.sigmoid(), v => 1 / (1 + Math.Exp(-v))),
        ["relu"] = (x => x.relu(), v => Math.Max(0, v)),
        ["relu6"] = (x => x.mul(5).relu6(), v => Math.Clamp(5 * v, 0, 6)),
        ["silu"] = (x => x.silu(), v => v / (1 + Math.Exp(-v))),
        ["elu"] = (x => x.elu(), v => v > 0 ? v : Math.Exp(v) - 1),
        ["leaky_relu"] = (x => x.leaky_relu(0.1), v => v > 0 ? v : 0.1 * v),
        ["softplus"] = (x => x.softplus(), v => Math.Log(1 + Math.Exp(v))),
        ["log_sigmoid"] = (x => x.log_sigmoid(), v => -Math.Log(1 + Math.Exp(-v))),
        ["hardtanh"] = (x => x.hardtanh(-1, 1), v => Math.Clamp(v, -1, 1)),
        ["floor"] = (x => x.floor(), Math.Floor),
        ["ceil"] = (x => x.ceil(), Math.Ceiling),
        ["round"] = (x => x.round(), v => Math.Round(v, MidpointRounding.ToEven)),
        ["round to decimals"] = (x => x.mul(1.03).round(1), v => Math.Round(v * 1.03, 1)),
        ["trunc"] = (x => x.trunc(), Math.Truncate),
        ["frac"] = (x => x.frac(), v => v - Math.Truncate(v)),
        ["sign"] = (x => x.sign(), v => Math.Sign(v)),
        ["deg2rad"] = (x => x.deg2rad(), v => v * Math.PI / 180),
        ["clamp"] = (x => x.clamp(-1, 1), v => Math.Clamp(v, -1, 1)),
        ["clamp_min"] = (x => x.clamp_min(0.2), v => Math.Max(v, 0.2)),
        ["clamp_max"] = (x => x.clamp_max(0.2), v => Math.Min(v, 0.2)),
        ["pow"] = (x => x.pow(3), v => v * v * v),
        ["add a number"] = (x => x + 1.5, v => v + 1.5),
        ["number minus"] = (x => 1.5 - x, v => 1.5 - v),
        ["remainder"] = (x => x % 0.7, v => v - (0.7 * Math.Floor(v / 0.7))),
        ["fmod"] = (x => x.fmod(0.7), v => v % 0.7),
        ["nan_to_num"] = (x => x.div(x.abs()).nan_to_num(5), v => v == 0 ? 5 : Math.Sign(v)),
        ["erf"] = (x => x.erf().add(x.erfc()), _ => 1),
        ["gelu"] = (x => x.gelu().sub(x.mul(x.div(Math.Sqrt(2)).erf().add(1)).mul(0.5)), _ => 0),
        ["masked_fill"] = (x => x.masked_fill(x.lt(0), 7), v => v < 0 ? 7 : v),
    };

    private static readonly Dictionary<string, (Func<Tensor, Tensor, Tensor> Run, Func<double, double, double> Expected)> Binary = new(StringComparer.Ordinal)
    {
        ["add"] = ((x, y) => x + y, (a, b) => a + b),
        ["add with scale"] = ((x, y) => x.add(y, 3), (a, b) => a + (3 * b)),
        ["sub"] = ((x, y) => x - y, (a, b) => a - b),
        ["mul"] = ((x, y) => x * y, (a, b) => a * b),
        ["div"] = ((x, y) => x / y, (a, b) => a / b),
        ["div floor"] = ((x, y) => x.div(y * 1.1, RoundingMode.floor), (a, b) => Math.Floor(a / (b * 1.1))),
        ["div trunc"] = ((x, y) => x.div(y * 1.1, RoundingMode.trunc), (a, b) => Math.Truncate(a / (b * 1.1))),
        ["pow"] = ((x, y) => x.abs().add(0.1).pow(y), (a, b) => Math.Pow(Math.Abs(a) + 0.1, b)),
        ["atan2"] = ((x, y) => x.atan2(y), Math.Atan2),
        ["maximum"] = ((x, y) => x.maximum(y), Math.Max),
        ["minimum"] = ((x, y) => x.minimum(y), Math.Min),
        ["hypot"] = ((x, y) => x.hypot(y), (a, b) => Math.Sqrt((a * a) + (b * b))),
        ["logaddexp"] = ((x, y) => x.logaddexp(y), (a, b) => Math.Log(Math.Exp(a) + Math.Exp(b))),
        ["copysign"] = ((x, y) => x.copysign(y), Math.CopySign),
        ["lerp"] = ((x, y) => x.lerp(y, full([], 0.25, float64)), (a, b) => a + (0.25 * (b - a))),
        ["addcmul"] = ((x, y) => x.addcmul(x, y, 2), (a, b) => a + (2 * a * b)),
        ["addcdiv"] = ((x, y) => x.addcdiv(x, y, 2), (a, b) => a + (2 * a / b)),
        ["eq"] = ((x, y) => (x == y).to(float64), (a, b) => a == b ? 1 : 0),
        ["ne"] = ((x, y) => (x != y).to(float64), (a, b) => a != b ? 1 : 0),
        ["lt"] = ((x, y) => (x < y).to(float64), (a, b) => a < b ? 1 : 0),
        ["le"] = ((x, y) => (x <= y).to(float64), (a, b) => a <= b ? 1 : 0),
        ["gt"] = ((x, y) => (x > y).to(float64), (a, b) => a > b ? 1 : 0),
        ["ge"] = ((x, y) => (x >= y).to(float64), (a, b) => a >= b ? 1 : 0),
        ["where"] = ((x, y) => where(x > 0, x, y), (a, b) => a > 0 ? a : b),
        ["logical_and"] = ((x, y) => x.gt(0).logical_and(y.gt(0)).to(float64), (a, b) => a > 0 && b > 0 ? 1 : 0),
        ["bitwise_or"] = ((x, y) => (x.gt(0) | y.gt(0)).to(float64), (a, b) => a > 0 || b > 0 ? 1 : 0),
    };

    public static TheoryData<string> UnaryNames => [.. Unary.Keys];

    public static TheoryData<string> BinaryNames => [.. Binary.Keys];

    [Theory]
    [MemberData(nameof(UnaryNames))]
    public void A_function_of_an_element_is_that_of_dotnet(string name)
    {
        using var scope = NewDisposeScope();
        var (run, expected) = Unary[name];

        Near(Array.ConvertAll(X, v => expected(v)), run(tensor(X)));
    }

    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void A_function_of_two_elements_is_that_of_dotnet(string name)
    {
        using var scope = NewDisposeScope();
        var (run, expected) = Binary[name];

        Near(X.Zip(Y, expected), run(tensor(X), tensor(Y)));
    }

    [Fact]
    public void Reductions_are_those_of_dotnet()
    {
        using var scope = NewDisposeScope();
        var x = tensor(X);
        var mean = X.Average();
        var squares = X.Sum(v => (v - mean) * (v - mean));

        Near([X.Sum()], x.sum());
        Near([mean], x.mean());
        Near([X.Aggregate((a, b) => a * b)], x.prod());
        Near([X.Max()], x.max());
        Near([X.Min()], x.min());
        Near([squares / 5], x.var());
        Near([squares / 6], x.var(unbiased: false));
        Near([Math.Sqrt(squares / 5)], x.std());
        Near([Math.Sqrt(X.Sum(v => v * v))], x.norm());
        Near([Math.Log(X.Sum(Math.Exp))], x.logsumexp(0));
        Near(X.Select(v => Math.Exp(v) / X.Sum(Math.Exp)), x.softmax(0));
        Near(X.Select(v => v - Math.Log(X.Sum(Math.Exp))), x.log_softmax(0));
        Assert.Equal(5, x.argmax().item<long>());
        Assert.Equal(0, x.argmin().item<long>());
        Assert.Equal([2.4, 0.9], x.topk(2).values.data<double>().ToArray());
        Assert.Equal([5L, 4L], x.topk(2).indexes.data<long>().ToArray());
        Assert.Equal(X.OrderDescending(), x.sort(0, descending: true).Values.data<double>().ToArray());
        Assert.Equal(5, x.count_nonzero().item<long>());
        Assert.True(x.gt(2).any().item<bool>());
        Assert.False(x.gt(2).all().item<bool>());
    }

    [Fact]
    public void Reductions_over_dimensions_keep_or_drop_them()
    {
        using var scope = NewDisposeScope();
        var x = arange(6, dtype: float64).reshape(2, 3);

        Assert.Equal([3.0, 5.0, 7.0], x.sum(dim: 0).data<double>().ToArray());
        Assert.Equal([2L, 1], x.sum(1, keepdim: true).shape);
        Assert.Equal([1.0, 4.0], x.mean([1]).data<double>().ToArray());
        Assert.Equal([0.0, 1, 3, 3, 7, 12], x.cumsum(1).data<double>().ToArray());
        var (values, indexes) = x.max(1);
        Assert.Equal([2.0, 5.0], values.data<double>().ToArray());
        Assert.Equal([2L, 2], indexes.data<long>().ToArray());
    }

    [Fact]
    public void Products_of_matrices_are_sums_of_products()
    {
        using var scope = NewDisposeScope();
        var a = randn([3, 4], float64);
        var b = randn([4, 5], float64);
        var bias = randn([3, 5], float64);
        var expected = new double[3, 5];
        for (var i = 0; i < 3; i++)
        {
            for (var j = 0; j < 5; j++)
            {
                for (var k = 0; k < 4; k++)
                {
                    expected[i, j] += a[i, k].item<double>() * b[k, j].item<double>();
                }
            }
        }

        var product = expected.Cast<double>().ToArray();
        Near(product, a.matmul(b));
        Near(product, a.mm(b));
        Near(product, a.unsqueeze(0).bmm(b.unsqueeze(0)));
        Near(product, einsum("ik,kj->ij", a, b));
        Near(product, nn.functional.linear(a, b.T));
        Near(product.Zip(bias.data<double>(), (p, c) => (2 * p) + (0.5 * c)), addmm(bias, a, b, 0.5f, 2f));
    }

    [Fact]
    public void Chance_follows_its_seed()
    {
        using var scope = NewDisposeScope();
        var first = new Generator(5);
        var second = new Generator(5);
        Assert.Equal(randn([10], generator: first).data<float>().ToArray(), randn([10], generator: second).data<float>().ToArray());
        var state = first.get_state();
        var next = rand([4], generator: first).data<float>().ToArray();
        first.set_state(state);
        Assert.Equal(next, rand([4], generator: first).data<float>().ToArray());

        manual_seed(11);
        var a = zeros(8).normal_(1, 2).data<float>().ToArray();
        manual_seed(11);
        Assert.Equal(a, zeros(8).normal_(1, 2).data<float>().ToArray());
        var permutation = randperm(50, generator: first).data<long>().ToArray();
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), permutation.Order());
        var drawn = randint(3, 7, [1000], generator: first);
        Assert.Equal((3L, 6L), (drawn.min().item<long>(), drawn.max().item<long>()));
    }

    [Fact]
    public void Attention_by_its_definition_is_the_one_by_hand()
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (randn([2, 3, 4], float64), randn([2, 5, 4], float64), randn([2, 5, 6], float64));
        var mask = randn([3, 5], float64);

        var expected = q.matmul(k.transpose(1, 2)).div(2).add(mask).softmax(-1).matmul(v);

        Near(expected.data<double>().ToArray(), nn.functional.scaled_dot_product_attention(q, k, v, mask));
    }

    [Fact]
    public void Every_operator_in_use_exists_in_this_libtorch()
    {
        var table = typeof(Tensor).Assembly.GetType("TorchSharp.Interop.Ops");
        Assert.SkipWhen(table is null, "The tensor engine is TorchSharp itself.");
        var missing = table.GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(field => field.FieldType.GetProperty("Exists", BindingFlags.Instance | BindingFlags.NonPublic) is { } exists && !(bool)exists.GetValue(field.GetValue(null))!)
            .Select(field => field.Name);

        // libtorch 1.13 has no fused attention; it is composed there.
        Assert.Empty(missing.Except(["scaled_dot_product_attention"]));
    }

    private static void Near(IEnumerable<double> expected, Tensor found)
    {
        var values = found.reshape(-1).to(float64).data<double>().ToArray();
        var wanted = expected.ToArray();
        Assert.Equal(wanted.Length, values.Length);
        for (var i = 0; i < wanted.Length; i++)
        {
            Assert.True(Math.Abs(wanted[i] - values[i]) <= 1e-12 * Math.Max(1, Math.Abs(wanted[i])), $"[{i}]: {values[i]:R} instead of {wanted[i]:R}");
        }
    }
}
