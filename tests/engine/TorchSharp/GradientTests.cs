using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>Every gradient against central differences in float64.</summary>
public sealed class GradientTests
{
    private const double Step = 1e-5;
    private const double Tolerance = 1e-6;

    private static readonly long[] Square = [3, 3];
    private static readonly long[] Batch = [2, 3, 4];

    private static readonly Dictionary<string, (long[][] Shapes, Func<Tensor[], Tensor> Run)> Cases = new(StringComparer.Ordinal)
    {
        ["abs"] = Of(x => x.abs()),
        ["exp"] = Of(x => x.exp()),
        ["expm1"] = Of(x => x.expm1()),
        ["log"] = Of(x => x.abs().add(0.5).log()),
        ["log1p"] = Of(x => x.abs().log1p()),
        ["log2"] = Of(x => x.abs().add(0.5).log2()),
        ["sqrt"] = Of(x => x.abs().add(0.5).sqrt()),
        ["rsqrt"] = Of(x => x.abs().add(0.5).rsqrt()),
        ["reciprocal"] = Of(x => x.abs().add(0.5).reciprocal()),
        ["square"] = Of(x => x.square()),
        ["sin"] = Of(x => x.sin()),
        ["cos"] = Of(x => x.cos()),
        ["tan"] = Of(x => x.div(4).tan()),
        ["atan"] = Of(x => x.atan()),
        ["sinh"] = Of(x => x.sinh()),
        ["cosh"] = Of(x => x.cosh()),
        ["tanh"] = Of(x => x.tanh()),
        ["sigmoid"] = Of(x => x.sigmoid()),
        ["erf"] = Of(x => x.erf()),
        ["erfinv"] = Of(x => x.tanh().mul(0.9).erfinv()),
        ["lgamma"] = Of(x => x.abs().add(0.5).lgamma()),
        ["relu"] = Of(x => x.relu()),
        ["gelu"] = Of(x => x.gelu()),
        ["silu"] = Of(x => x.silu()),
        ["elu"] = Of(x => x.elu()),
        ["softplus"] = Of(x => x.softplus()),
        ["log_sigmoid"] = Of(x => x.log_sigmoid()),
        ["leaky_relu"] = Of(x => x.leaky_relu(0.1)),
        ["pow of a number"] = Of(x => x.pow(3)),
        ["pow"] = Of((x, y) => x.abs().add(0.5).pow(y)),
        ["neg"] = Of(x => -x),
        ["add"] = Of((x, y) => x.add(y, 2)),
        ["sub"] = Of((x, y) => x - y),
        ["mul"] = Of((x, y) => x * y),
        ["div"] = Of((x, y) => x / (y.abs() + 0.5)),
        ["number over tensor"] = Of(x => 2.0 / (x.abs() + 0.5)),
        ["broadcast add"] = Of([Batch, [4]], t => t[0] + t[1]),
        ["broadcast mul"] = Of([Batch, [3, 1]], t => t[0] * t[1]),
        ["atan2"] = Of((x, y) => x.atan2(y.abs() + 0.5)),
        ["maximum"] = Of((x, y) => x.maximum(y)),
        ["minimum"] = Of((x, y) => x.minimum(y)),
        ["clamp"] = Of(x => x.clamp(-0.5, 0.7)),
        ["lerp"] = Of([Square, Square, Square], t => t[0].lerp(t[1], t[2])),
        ["addcmul"] = Of([Square, Square, Square], t => t[0].addcmul(t[1], t[2], 0.5)),
        ["addcdiv"] = Of([Square, Square, Square], t => t[0].addcdiv(t[1], t[2].abs() + 0.5, 0.5)),
        ["logaddexp"] = Of((x, y) => x.logaddexp(y)),
        ["sum"] = Of(x => x.sum()),
        ["sum of a dimension"] = Of([Batch], t => t[0].sum(1)),
        ["sum of dimensions"] = Of([Batch], t => t[0].sum([0, 2], keepdim: true)),
        ["mean"] = Of(x => x.mean()),
        ["mean of dimensions"] = Of([Batch], t => t[0].mean([-1], keepdim: true)),
        ["prod"] = Of(x => x.prod(1)),
        ["var"] = Of([Batch], t => t[0].var(2)),
        ["std"] = Of([Batch], t => t[0].std(2, unbiased: false)),
        ["norm"] = Of(x => x.norm()),
        ["max"] = Of(x => x.max(1).values),
        ["min"] = Of(x => x.min(1).values),
        ["amax"] = Of(x => x.amax(0)),
        ["logsumexp"] = Of(x => x.logsumexp(1)),
        ["softmax"] = Of(x => x.softmax(-1)),
        ["log_softmax"] = Of(x => x.log_softmax(-1)),
        ["cumsum"] = Of(x => x.cumsum(1)),
        ["cumprod"] = Of(x => x.cumprod(1)),
        ["trace"] = Of(x => x.trace()),
        ["matmul"] = Of((x, y) => x.matmul(y)),
        ["matmul of a batch"] = Of([Batch, [4, 5]], t => t[0].matmul(t[1])),
        ["mm"] = Of((x, y) => x.mm(y)),
        ["mv"] = Of([Square, [3]], t => t[0].mv(t[1])),
        ["dot"] = Of([[4], [4]], t => t[0].dot(t[1])),
        ["outer"] = Of([[4], [3]], t => t[0].outer(t[1])),
        ["bmm"] = Of([[2, 3, 4], [2, 4, 5]], t => t[0].bmm(t[1])),
        ["addmm"] = Of([Square, Square, Square], t => t[0].addmm(t[1], t[2], 0.5f, 2f)),
        ["baddbmm"] = Of([[2, 3, 3], [2, 3, 4], [2, 4, 3]], t => t[0].baddbmm(t[1], t[2])),
        ["einsum"] = Of([Batch, [2, 5, 4]], t => einsum("bij,bkj->bik", t[0], t[1])),
        ["linear"] = Of([Batch, [5, 4], [5]], t => nn.functional.linear(t[0], t[1], t[2])),
        ["view"] = Of([Batch], t => t[0].view(4, 6).mul(Weights(4, 6))),
        ["transpose"] = Of([Batch], t => t[0].transpose(0, 2).mul(Weights(4, 3, 2))),
        ["permute"] = Of([Batch], t => t[0].permute(2, 0, 1).mul(Weights(4, 2, 3))),
        ["expand"] = Of([[3, 1]], t => t[0].expand(3, 4).mul(Weights(3, 4))),
        ["narrow"] = Of([Batch], t => t[0].narrow(2, 1, 2)),
        ["slice"] = Of([Batch], t => t[0].slice(2, 0, 4, 2)),
        ["select"] = Of([Batch], t => t[0].select(1, 1)),
        ["index expression"] = Of([Batch], t => t[0][TensorIndex.Ellipsis, 1..3]),
        ["index by tensor"] = Of([Batch], t => t[0][TensorIndex.Colon, TensorIndex.Tensor(tensor([2L, 0, 2]))]),
        ["cat"] = Of((x, y) => cat([x, y], 1).mul(Weights(3, 6))),
        ["stack"] = Of((x, y) => stack([x, y], 1).mul(Weights(3, 2, 3))),
        ["split"] = Of([Batch], t => t[0].split(2, 2)[1]),
        ["chunk"] = Of([Batch], t => t[0].chunk(2, 2)[0]),
        ["unbind"] = Of([Batch], t => t[0].unbind(1)[2]),
        ["tril"] = Of(x => x.tril()),
        ["triu"] = Of(x => x.triu(1)),
        ["diagonal"] = Of(x => x.diagonal()),
        ["flip"] = Of(x => x.flip(1).mul(Weights(3, 3))),
        ["roll"] = Of(x => x.roll(1, 1).mul(Weights(3, 3))),
        ["repeat"] = Of(x => x.repeat(2, 1).mul(Weights(6, 3))),
        ["gather"] = Of(x => x.gather(1, tensor(new long[,] { { 0, 2 }, { 1, 1 }, { 2, 0 } }))),
        ["index_select"] = Of(x => x.index_select(0, tensor([2L, 2, 0]))),
        ["scatter_add"] = Of((x, y) => x.scatter_add(1, tensor(new long[,] { { 0, 2, 0 }, { 1, 1, 0 }, { 2, 0, 0 } }), y)),
        ["index_add"] = Of([Square, [2, 3]], t => t[0].index_add(0, tensor([2L, 0]), t[1], 2)),
        ["masked_fill"] = Of(x => x.masked_fill(x.gt(0), 0.25)),
        ["where"] = Of((x, y) => where(x.gt(0), x, y)),
        ["layer_norm"] = Of([Batch, [4], [4]], t => nn.functional.layer_norm(t[0], [4], t[1], t[2])),
        ["cross_entropy"] = Of([[3, 5]], t => nn.functional.cross_entropy(t[0], tensor([1L, 4, 0]), label_smoothing: 0.1)),
        ["mse_loss"] = Of((x, y) => nn.functional.mse_loss(x, y)),
        ["to another type"] = Of(x => x.to(float64).mul(2)),
        ["topk"] = Of(x => x.topk(2).values),
        ["sort"] = Of(x => x.sort(1).Values.mul(Weights(3, 3))),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_is_the_slope(string name)
    {
        using var scope = NewDisposeScope();
        var (shapes, run) = Cases[name];
        using var generator = new Generator(17);
        var inputs = Array.ConvertAll(shapes, shape => randn(shape, float64, generator: generator));
        // A weighted sum, so that every element of the output counts differently.
        double Value()
        {
            using var inner = NewDisposeScope();
            var y = run(inputs);
            return (y * Weights(y.shape)).sum().item<double>();
        }

        var leaves = Array.ConvertAll(inputs, input => input.detach().requires_grad_());
        var output = run(leaves);
        var gradients = autograd.grad([(output * Weights(output.shape)).sum()], leaves);

        for (var i = 0; i < inputs.Length; i++)
        {
            var flat = inputs[i].view(-1);
            var analytic = gradients[i].reshape(-1);
            for (long j = 0; j < flat.numel(); j++)
            {
                var at = flat[j].item<double>();
                flat[j] = tensor(at + Step);
                var above = Value();
                flat[j] = tensor(at - Step);
                var below = Value();
                flat[j] = tensor(at);
                var slope = (above - below) / (2 * Step);
                var found = analytic[j].item<double>();
                Assert.True(Math.Abs(slope - found) <= Tolerance * Math.Max(1, Math.Abs(slope)), $"{name}: input {i}[{j}]: {found} instead of {slope}");
            }
        }
    }

    private static (long[][], Func<Tensor[], Tensor>) Of(Func<Tensor, Tensor> run) => ([Square], t => run(t[0]));

    private static (long[][], Func<Tensor[], Tensor>) Of(Func<Tensor, Tensor, Tensor> run) => ([Square, Square], t => run(t[0], t[1]));

    private static (long[][], Func<Tensor[], Tensor>) Of(long[][] shapes, Func<Tensor[], Tensor> run) => (shapes, run);

    private static Tensor Weights(params long[] shape) => arange(shape.Aggregate(1L, (a, b) => a * b), dtype: float64).mul(0.37).cos().reshape(shape);
}
