using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

public sealed class ModuleTests
{
    [Fact]
    public void Field_names_are_state_dict_keys_and_a_tied_parameter_counts_once()
    {
        using var model = new Model();

        Assert.Equal(["shared.weight", "blocks.0.scale", "blocks.0.inner.weight", "blocks.1.scale", "blocks.1.inner.weight"], model.named_parameters().Select(p => p.name));
        Assert.Equal(["blocks.0.inner.weight", "blocks.0.scale", "blocks.1.inner.weight", "blocks.1.scale", "head.weight", "shared.weight"], model.state_dict().Keys.Order());
    }

    [Fact]
    public void A_model_trains_with_plain_steps()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var model = new Model();
        var input = tensor([1L, 2, 3]);
        var losses = new List<float>();
        for (var step = 0; step < 30; step++)
        {
            model.zero_grad();
            var loss = nn.functional.cross_entropy(model.call(input), tensor([3L, 2, 1]));
            loss.backward();
            using (no_grad())
            {
                foreach (var p in model.parameters())
                {
                    p.sub_(p.grad! * 0.1);
                }
            }

            losses.Add(loss.item<float>());
        }

        Assert.True(losses[^1] < losses[0] / 4, $"{losses[0]} -> {losses[^1]}");
    }

    [Fact]
    public void Dropout_works_only_in_training()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var dropout = nn.Dropout(0.5);
        var x = ones(1000);

        dropout.eval();
        Assert.Equal(1000f, dropout.call(x).sum().item<float>());
        dropout.train();
        var kept = dropout.call(x).count_nonzero().item<long>();
        Assert.InRange(kept, 400, 600);
    }

    [Fact]
    public void State_loads_by_name_and_a_missing_name_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var model = new Model();
        using var other = new Model();
        other.load_state_dict(model.state_dict());

        Assert.True(other.get_parameter("blocks.1.inner.weight")!.equal(model.get_parameter("blocks.1.inner.weight")!).all().item<bool>());
        var state = model.state_dict();
        state.Remove("head.weight");
        Assert.Throws<InvalidOperationException>(() => other.load_state_dict(state));
    }

    [Fact]
    public void A_module_moves_to_another_type_with_its_fields()
    {
        using var linear = nn.Linear(3, 4);

        var moved = linear.to(float64);

        Assert.Same(linear, moved);
        Assert.Equal(float64, linear.weight.dtype);
        Assert.Equal(float64, linear.get_parameter("bias")!.dtype);
        Assert.True(linear.weight.requires_grad);
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly Linear inner;
        private readonly Parameter scale;

        public Block() : base(nameof(Block))
        {
            inner = nn.Linear(8, 8, hasBias: false);
            scale = nn.Parameter(ones(8));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => input + (inner.call(input).relu() * scale);
    }

    private sealed class Model : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding shared;
        private readonly ModuleList<Block> blocks;
        private readonly Linear head;

        public Model() : base(nameof(Model))
        {
            shared = nn.Embedding(16, 8);
            blocks = nn.ModuleList(new Block(), new Block());
            head = nn.Linear(shared.weight!);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var x = shared.call(input);
            foreach (var block in blocks)
            {
                x = block.call(x);
            }

            return head.call(x);
        }
    }
}
