using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using Xunit;

namespace Orchestrator.Tests.Training.Model;

public sealed unsafe class AdaptationTests
{
    private static readonly LoraSpec s_all = new() { Rank = 3, Alpha = 5, Targets = ["*"], Embeddings = 4 };

    public static TheoryData<string> Kinds => [.. SmallModels.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_gradients_of_updates_are_the_slopes_of_the_loss(string kind)
    {
        using var model = Adapted(kind, new ModelSpec { Lora = s_all });
        var batch = SmallModels.Batch(model.Shape.Family, rows: 3, seed: 5);
        model.Parameters.ZeroGradients();
        model.ForwardBackward(batch, new LossOptions(1e-2), dropoutSeed: 4);
        var gradients = model.Parameters.Trained.Select(slice => (slice, model.Parameters.GradientSpan(slice.Name).ToArray())).ToArray();
        foreach (var (slice, gradient) in gradients)
        {
            var slope = gradient.Sum(g => (double)g * g);
            Assert.True(slope > 0, $"{slice.Name} has no gradient");

            var step = Math.Min(0.1 / slope, 0.01 / Math.Sqrt(slope));
            var change = Loss(step) - Loss(-step);
            Assert.True(Math.Abs((change / (2 * step * slope)) - 1) < 0.05, $"{slice.Name}: the loss changes by {change} where {2 * step * slope} is due");

            double Loss(double by)
            {
                var values = new Span<float>(model.Parameters.Weights + slice.Offset, (int)slice.Count);
                var before = values.ToArray();
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] += (float)(by * gradient[i]);
                }

                var loss = model.ForwardBackward(batch, new LossOptions(1e-2), dropoutSeed: 4).Total;
                before.CopyTo(values);
                return loss;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_merged_model_computes_what_the_adapted_one_does(string kind)
    {
        using var adapted = Adapted(kind, new ModelSpec { Lora = s_all }, noise: 0.05);
        using var plain = LanguageModels.Create(adapted.Shape);
        LowRankMerge.Into(adapted.Parameters, adapted.Shape, plain.Parameters);
        var batch = SmallModels.Batch(adapted.Shape.Family, rows: 3, seed: 5);

        var distance = adapted.TokenLosses(batch).Zip(plain.TokenLosses(batch), (a, b) => Math.Abs(a - b) / Math.Max(1, Math.Abs(b))).Max();

        Assert.InRange(distance, 0, 1e-5);
        Assert.Equal(LanguageModels.ParametersOf(adapted.Shape).Sum(weight => weight.Count), plain.Parameters.ParameterCount);
        if (adapted is IGenerativeModel one && plain is IGenerativeModel other)
        {
            var options = new Orchestrator.Core.Jobs.GenerationOptions { MaxTokens = 6, StopAtEnd = false };
            long[] inputs = [5, 6, 7, 8, 9, 10, 11, 12];
            Assert.Equal(
                SequenceGenerator.Generate(one, inputs, 2, options).SelectMany(row => row.Tokens),
                SequenceGenerator.Generate(other, inputs, 2, options).SelectMany(row => row.Tokens));
        }
    }

    [Theory]
    [InlineData(ModelFamily.T5, "relu")]
    [InlineData(ModelFamily.T5, "gated-gelu")]
    [InlineData(ModelFamily.Gpt, "rotary")]
    [InlineData(ModelFamily.Gpt, "learned")]
    [InlineData(ModelFamily.Bert, "learned")]
    public void What_a_plan_knows_of_the_matrices_is_what_the_model_has(ModelFamily family, string kind)
    {
        foreach (var tied in new[] { true, false })
        {
            var spec = ModelPresets.OfFamily(family) with
            {
                DModel = 32,
                DFf = 24,
                DKv = 4,
                Heads = 4,
                EncoderLayers = 2,
                DecoderLayers = 2,
                TiedEmbeddings = tied,
                Positions = kind == "rotary" ? PositionKind.Rotary : PositionKind.Learned,
                FeedForward = kind == "relu" ? FeedForwardKind.Relu : ModelPresets.OfFamily(family).FeedForward,
                StartFrom = "x",
            };
            var shape = ResolvedModel.From(spec, 128);

            var adapted = Adaptation.Of(spec with { Lora = new LoraSpec { Rank = 1, Targets = ["*"] } }, shape).LowRank;

            Assert.Equal(
                adapted.Select(update => (update.Weight, Math.Min(update.Inputs, update.Outputs))).Order(),
                AdaptableMatrices.Of(spec).Select(matrix => (matrix.Name, matrix.SmallerSide)).Order());
            Assert.NotEmpty(Adaptation.Of(spec with { Lora = new LoraSpec { Rank = 1, Targets = AdaptableMatrices.Attention(spec) } }, shape).LowRank);
        }
    }

    [Fact]
    public void Before_the_first_step_an_adapted_model_is_the_model_itself()
    {
        var shape = SmallModels.Shape("t5");
        using var plain = LanguageModels.Create(shape);
        using var adapted = LanguageModels.Create(shape, adaptation: Adaptation.Of(new ModelSpec { Lora = s_all }, shape));
        plain.Initialise(3);
        adapted.Initialise(3);
        var batch = SmallModels.Batch(shape.Family, rows: 3, seed: 5);

        Assert.Equal(plain.TokenLosses(batch), adapted.TokenLosses(batch));
    }

    [Theory]
    [InlineData(OptimizerKind.Adafactor)]
    [InlineData(OptimizerKind.Adamw)]
    public void What_is_frozen_stays_as_it_is_to_the_bit_and_has_no_statistics(OptimizerKind kind)
    {
        string[] frozen = ["encoder.*", "q", "shared", "layer_norm"];
        using var model = Adapted("t5", new ModelSpec { Freeze = new SpecList<string>(frozen) });
        using var optimizer = OptimizerFactory.Create(model.Parameters, new OptimizerSpec { Kind = kind });
        var before = model.Parameters.Slices.ToDictionary(slice => slice.Name, slice => model.Parameters.WeightSpan(slice.Name).ToArray());
        for (var step = 1; step <= 3; step++)
        {
            model.Parameters.ZeroGradients();
            var sums = model.ForwardBackward(SmallModels.Batch(model.Shape.Family, rows: 3, seed: step), default, step);
            model.Parameters.DropStrayGradients();
            optimizer.Step(model.Parameters.Gradients, 1f / sums.Tokens, 0.01, step);
        }

        foreach (var slice in model.Parameters.Slices)
        {
            var isFrozen = Array.Exists(frozen, pattern => WeightNames.Means(pattern, slice.Name));
            Assert.Equal(isFrozen, before[slice.Name].AsSpan().SequenceEqual(model.Parameters.WeightSpan(slice.Name)));
            Assert.Equal(!isFrozen, optimizer.StateViews.Any(view => view.Name.StartsWith(slice.Name, StringComparison.Ordinal)));
        }

        Assert.InRange(model.Parameters.GradientLength, model.Parameters.Trained.Sum(slice => slice.Count), model.Parameters.Length - 1);
    }

    [Fact]
    public void The_gradients_of_what_is_trained_do_not_depend_on_what_is_frozen()
    {
        using var whole = Adapted("t5", new ModelSpec());
        using var part = Adapted("t5", new ModelSpec { Freeze = ["shared", "k", "encoder.block.0.*"] });
        var batch = SmallModels.Batch(whole.Shape.Family, rows: 3, seed: 5);
        foreach (var model in new[] { whole, part })
        {
            model.Parameters.ZeroGradients();
            model.ForwardBackward(batch, default, 1);
        }

        Assert.All(part.Parameters.Trained, slice => Assert.Equal(whole.Parameters.GradientSpan(slice.Name), part.Parameters.GradientSpan(slice.Name)));
    }

    [Fact]
    public void Updates_of_q_and_v_alone_lie_beside_the_packed_projection()
    {
        using var model = Adapted("t5", new ModelSpec { Lora = new LoraSpec { Rank = 2 } });

        Assert.All(model.Parameters.Trained, slice => Assert.Matches(@"\.[qv]\.weight\.lora_[AB]$", slice.Name));
        // Two stacks of two blocks; the decoder's have cross-attention as well.
        Assert.Equal(2 * 2 * (2 + 2 + 2), model.Parameters.Trained.Count);
    }

    [Fact]
    public void A_pattern_that_means_nothing_and_a_rank_that_is_too_large_are_refused()
    {
        var shape = SmallModels.Shape("t5");

        Assert.StartsWith(
            "model.freeze: \"encodr.*\" means none of the model's weights, such as shared.weight and ",
            Assert.Throws<BadInputException>(() => Adaptation.Of(new ModelSpec { Freeze = ["encodr.*"] }, shape)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith("model.lora.rank must be at most 32", Refusal(new LoraSpec { Rank = 33 }), StringComparison.Ordinal);
        Assert.StartsWith("model.lora.targets: \"layer_norm\" means none", Refusal(new LoraSpec { Targets = ["layer_norm"] }), StringComparison.Ordinal);
        Assert.StartsWith("model.freeze leaves nothing to train", Assert.Throws<BadInputException>(() => Adaptation.Of(new ModelSpec { Freeze = ["*"] }, shape)).Message, StringComparison.Ordinal);

        string Refusal(LoraSpec lora) => Assert.Throws<BadInputException>(() => Adaptation.Of(new ModelSpec { Lora = lora }, shape)).Message;
    }

    private static ILanguageModel Adapted(string kind, ModelSpec spec, double noise = 0.2)
    {
        var shape = SmallModels.Shape(kind);
        var model = LanguageModels.Create(shape, adaptation: Adaptation.Of(spec, shape));
        model.Initialise(3);
        var random = new CounterRandom(4, "noise");
        foreach (var slice in model.Parameters.Slices)
        {
            for (var i = slice.Offset; i < slice.Offset + slice.Count; i++)
            {
                model.Parameters.Weights[i] += (float)(noise * random.Normal((ulong)i));
            }
        }

        return model;
    }
}
