using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

public sealed class AutogradTests
{
    [Fact]
    public void Backward_fills_the_gradients_of_the_leaves()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.0, 2.0, 3.0], requires_grad: true);

        (x * x).sum().backward();

        Assert.Equal([2.0, 4.0, 6.0], x.grad!.data<double>().ToArray());
    }

    [Fact]
    public void Grad_gives_gradients_and_leaves_the_leaves_alone()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.0, 2.0], requires_grad: true);
        var y = tensor([3.0, 4.0], requires_grad: true);

        var found = autograd.grad([(x * y).sum()], [x, y]);

        Assert.Equal([3.0, 4.0], found[0].data<double>().ToArray());
        Assert.Equal([1.0, 2.0], found[1].data<double>().ToArray());
        Assert.Null(x.grad);
    }

    [Fact]
    public void Nothing_is_recorded_without_grad()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        using (no_grad())
        {
            Assert.False(x.mul(2).requires_grad);
            using (enable_grad())
            {
                Assert.True(x.mul(2).requires_grad);
            }
        }

        Assert.True(x.mul(2).requires_grad);
    }

    [Fact]
    public void Gradients_accumulate_into_a_view_of_a_flat_buffer()
    {
        using var scope = NewDisposeScope();
        var weights = arange(6, dtype: float32);
        var gradients = zeros(6);
        var p = new Parameter(empty(2));
        using (no_grad())
        {
            p.set_(weights.narrow(0, 2, 2));
        }

        p.grad = gradients.narrow(0, 2, 2);
        (p * p).sum().backward();
        (p * p).sum().backward();

        Assert.Equal([0f, 0f, 8f, 12f, 0f, 0f], gradients.data<float>().ToArray());
        Assert.True(p.is_leaf);
    }

    [Fact]
    public void A_custom_function_takes_part_in_the_graph()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1.0, 2.0], requires_grad: true);
        var y = tensor([3.0, 5.0], requires_grad: true);

        Product.apply(x, y, 2.0).sum().backward();

        Assert.Equal([6.0, 10.0], x.grad!.data<double>().ToArray());
        Assert.Equal([2.0, 4.0], y.grad!.data<double>().ToArray());
    }

    [Fact]
    public void An_exception_in_a_managed_backward_comes_out_of_backward()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);

        var error = Assert.Throws<TimeoutException>(() => Faulty.apply(x).sum().backward());

        Assert.Equal("too late", error.Message);
        Assert.Contains("backward", error.StackTrace);
    }

    private sealed class Product : autograd.SingleTensorFunction<Product>
    {
        public override string Name => nameof(Product);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, y, factor) = ((Tensor)vars[0], (Tensor)vars[1], (double)vars[2]);
            ctx.save_for_backward([x, y]);
            ctx.save_data("factor", factor);
            return x * y * factor;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            var factor = (double)ctx.get_data("factor");
            return [grad_output * saved[1] * factor, grad_output * saved[0] * factor, null!];
        }
    }

    private sealed class Faulty : autograd.SingleTensorFunction<Faulty>
    {
        public override string Name => nameof(Faulty);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).mul(2);

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => throw new TimeoutException("too late");
    }
}
