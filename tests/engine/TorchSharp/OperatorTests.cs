using System.Reflection;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>Operators against plain .NET arithmetic; the rest is in Operators/.</summary>
public sealed class OperatorTests
{
    private static readonly double[] X = [-1.7, -0.6, 0.0, 0.3, 0.9, 2.4];

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
