using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using TorchSharp;
using Xunit;

namespace Orchestrator.Tests.Training.Model;

/// <summary>What holds for the models of every family.</summary>
public sealed class ModelFamilyTests
{
    public static TheoryData<string, bool> Others { get; } =
        [.. SmallModels.Names.Where(name => name[0] != 't').SelectMany(name => new[] { (name, true), (name, false) })];

    public static TheoryData<string> Names { get; } = [.. SmallModels.Names];

    [Theory]
    [MemberData(nameof(Others))]
    public void Loss_and_every_gradient_are_those_of_plain_operators_in_float64(string name, bool native)
    {
        var shape = SmallModels.Shape(name);
        using var model = SmallModels.Create(shape, native ? NativeOperations.Instance : TensorOperations.Instance);
        using var reference = new ReferenceModel(shape, model.Parameters);
        var batch = SmallModels.Batch(shape.Family);

        var sums = model.ForwardBackward(batch, new LossOptions(1e-3), dropoutSeed: 0);

        Assert.Equal(reference.Loss(batch, 1e-3), sums.Total, 1e-5 * sums.Total);
        Assert.Equal(batch.TargetTokens, sums.Tokens);
        foreach (var slice in model.Parameters.Slices)
        {
            var expected = reference.Gradient(slice.Name);
            var largest = expected.Max(Math.Abs);
            var distance = expected.Zip(model.Parameters.GradientSpan(slice.Name).ToArray(), (a, b) => Math.Abs(a - b)).Max();
            Assert.True(distance <= (5e-5 * largest) + 1e-5, $"{slice.Name}: {distance} of {largest}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_has_as_many_weights_as_its_shape_says(string name)
    {
        var shape = SmallModels.Shape(name);
        using var model = LanguageModels.Create(shape);

        Assert.Equal(shape.ParameterCount, model.Parameters.ParameterCount);
        Assert.Equal(shape.ParameterCount, LanguageModels.ParametersOf(shape).Sum(parameter => parameter.Count));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_configuration_survives_being_written_and_read(string name)
    {
        var shape = SmallModels.Shape(name) with { Dropout = 0.25 };

        Assert.Equal(shape, HuggingFaceConfig.Parse(HuggingFaceConfig.Write(shape)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Token_losses_sum_to_the_loss_and_are_0_where_a_target_does_not_count(string name)
    {
        var shape = SmallModels.Shape(name);
        using var model = SmallModels.Create(shape);
        var batch = SmallModels.Batch(shape.Family);

        var losses = model.TokenLosses(batch);

        Assert.Equal(model.ForwardBackward(batch, default, 0).Total, losses.Sum(loss => (double)loss), 1e-3);
        Assert.All(losses.Where((_, i) => !batch.Counts(i)), loss => Assert.Equal(0f, loss));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_comes_later_or_is_padding_does_not_show(string name)
    {
        var shape = SmallModels.Shape(name);
        using var model = SmallModels.Create(shape);
        var batch = SmallModels.Batch(shape.Family, rows: 1, length: 9);
        var longer = shape.Family switch
        {
            ModelFamily.T5 => new TokenBatch(1, 12, 12, [.. batch.Inputs, 0, 0, 0], [.. batch.Targets, 5, 6, 7]),
            ModelFamily.Gpt => new TokenBatch(1, 0, 12, [], [.. batch.Targets, 5, 6, 7]),
            _ => new TokenBatch(1, 12, 12, [.. batch.Inputs, 0, 0, 0], [.. batch.Targets, 0, 0, 0]),
        };

        var losses = model.TokenLosses(batch);

        Assert.InRange(GoldenTensors.Distance(losses, model.TokenLosses(longer).AsSpan(0, 9)), 0, 2e-5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public unsafe void A_tiny_text_is_learned_by_heart(string name)
    {
        var shape = SmallModels.Shape(name);
        using var model = LanguageModels.Create(shape);
        model.Initialise(1);
        var batch = SmallModels.Batch(shape.Family, rows: 4, length: 12);
        using var optimizer = new Adafactor(model.Parameters, new OptimizerSpec());
        var losses = new List<double>();
        for (var step = 1; step <= 150; step++)
        {
            model.Parameters.ZeroGradients();
            var sums = model.ForwardBackward(batch, new LossOptions(1e-4), step);
            optimizer.Step(model.Parameters.Gradients, 1f / sums.Tokens, learningRate: 0.05 / Math.Sqrt(Math.Max(step, 10) / 10.0), step);
            losses.Add(sums.NegativeLogLikelihood / sums.Tokens);
        }

        Assert.True(losses[0] > 3.0, $"the loss began at {losses[0]}");
        // A decoder alone cannot know which of the four rows begins: ln 4 nats of twelve tokens.
        Assert.True(losses[^1] < 0.15, $"the loss ended at {losses[^1]}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public unsafe void Ten_steps_in_bfloat16_stay_within_a_hundredth_of_the_losses_in_fp32(string name)
    {
        double[] Losses(Precision precision)
        {
            var shape = SmallModels.Shape(name);
            using var model = LanguageModels.Create(shape, precision: precision);
            model.Initialise(1);
            using var optimizer = new Adafactor(model.Parameters, new OptimizerSpec());
            return [.. Enumerable.Range(1, 10).Select(step =>
            {
                model.Parameters.ZeroGradients();
                var sums = model.ForwardBackward(SmallModels.Batch(shape.Family, seed: step), default, step);
                optimizer.Step(model.Parameters.Gradients, 1f / sums.Tokens, 0.01, step);
                return sums.NegativeLogLikelihood / sums.Tokens;
            })];
        }

        var (wide, narrow) = (Losses(Precision.Fp32), Losses(Precision.Bf16));

        Assert.NotEqual(wide, narrow);
        Assert.All(wide.Zip(narrow), pair => Assert.Equal(pair.First, pair.Second, 0.01 * pair.First));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Dropout_drops_by_its_seed_and_is_off_where_losses_are_measured(string name)
    {
        var shape = SmallModels.Shape(name);
        using var plain = SmallModels.Create(shape);
        using var model = SmallModels.Create(shape with { Dropout = 0.3 });
        var batch = SmallModels.Batch(shape.Family);

        Assert.Equal(model.ForwardBackward(batch, default, 1), model.ForwardBackward(batch, default, 1));
        Assert.NotEqual(model.ForwardBackward(batch, default, 1), model.ForwardBackward(batch, default, 2));
        Assert.Equal(plain.TokenLosses(batch), model.TokenLosses(batch));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dropout_of_the_stream_takes_a_feature_from_whole_rows_or_each_value_by_itself(bool wholeRows)
    {
        const int Rows = 8, Length = 6, Width = 500;
        using var pass = new Pass(Operations.For(torch.CPU), torch.CPU, Precision.Fp32, Rows, training: true, dropout: 0.1, dropoutSeed: 3) { Watch = _ => { }, DropsWholeRows = wholeRows };
        using var x = torch.ones(Rows * Length, Width);
        using var mask = pass.StreamDropout(x);
        Pass.Drop(x, mask);

        var values = TensorMemory.Values<float>(x).ToArray();
        Assert.InRange(values.Average(), 0.98f, 1.02f);
        Assert.All(values, value => Assert.True(value == 0f || Math.Abs(value - (1.0 / 0.9)) < 1e-6));
        var (first, second) = (values.AsSpan(0, Width).ToArray(), values.AsSpan(Width, Width).ToArray());
        var shared = first.Zip(second).Count(pair => pair is (0f, 0f));
        Assert.True(wholeRows ? shared == first.Count(value => value == 0f) : shared < 20, $"{shared} values are dropped in the first row and in the second");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void With_dropout_the_gradient_is_still_the_slope_of_the_loss(string name)
    {
        var shape = SmallModels.Shape(name) with { Dropout = 0.3 };
        using var model = SmallModels.Create(shape, noise: 0.05);
        var batch = SmallModels.Batch(shape.Family);
        model.ForwardBackward(batch, new LossOptions(1e-2), dropoutSeed: 4);
        var (gradient, weights) = (Values(model, gradients: true), Values(model, gradients: false));
        var squares = gradient.Sum(g => (double)g * g);
        var step = 1e-2 / Math.Sqrt(squares);

        var change = Loss(step) - Loss(-step);

        Assert.InRange(change / (2 * step) / squares, 0.97, 1.03);

        unsafe double Loss(double by)
        {
            for (var i = 0; i < weights.Length; i++)
            {
                model.Parameters.Weights[i] = (float)(weights[i] + (by * gradient[i]));
            }

            return model.ForwardBackward(batch, new LossOptions(1e-2), dropoutSeed: 4).Total;
        }
    }

    [Theory]
    [InlineData("gpt")]
    [InlineData("gpt-learned")]
    [InlineData("bert")]
    public void A_sequence_longer_than_the_models_limit_is_an_error_that_names_both(string name)
    {
        var shape = SmallModels.Shape(name);
        using var model = LanguageModels.Create(shape);

        var error = Assert.Throws<BadInputException>(() => model.TokenLosses(SmallModels.Batch(shape.Family, rows: 1, length: 65)));

        Assert.Contains("has 65 tokens and the model takes 64", error.Message, StringComparison.Ordinal);
    }

    private static unsafe float[] Values(ILanguageModel model, bool gradients) =>
        new ReadOnlySpan<float>(gradients ? model.Parameters.Gradients : model.Parameters.Weights, (int)model.Parameters.Length).ToArray();
}
