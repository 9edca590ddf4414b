using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Model;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Tasks;
using Orchestrator.Training.Model;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Tasks;

public sealed class TaskBatchTests
{
    private const int Mask = 90;

    private static readonly (int[] Input, int[] Target)[] s_examples =
    [
        ([11, 12, 13, 14, 15, 1], [21, 22, 1]), ([31, 32, 33, 34, 35, 36, 37, 38, 1], [41, 1]), ([51, 1], [61, 62, 63, 1]), ([71, 72, 1], [81, 1]),
    ];

    [Fact]
    public void Packed_examples_go_to_the_first_row_with_room_for_input_and_target()
    {
        var batch = TaskBatch.Of(s_examples, new TaskLayout(ModelFamily.T5, Mask, (12, 8)));

        Assert.Equal((2, 16, 8), (batch.Rows, batch.InputLength, batch.TargetLength));
        Assert.Equal([11, 12, 13, 14, 15, 1, 51, 1, 0, 0, 0, 0, 0, 0, 0, 0, 31, 32, 33, 34, 35, 36, 37, 38, 1, 71, 72, 1, 0, 0, 0, 0], batch.Inputs);
        Assert.Equal([1, 1, 1, 1, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 0, 0, 0, 0], batch.InputSegments!);
        Assert.Equal([21, 22, 1, 61, 62, 63, 1, 0, 41, 1, 81, 1, 0, 0, 0, 0], batch.Targets);
        Assert.Equal([1, 1, 1, 2, 2, 2, 2, 0, 1, 1, 2, 2, 0, 0, 0, 0], batch.TargetSegments!);
    }

    [Fact]
    public void A_model_without_encoder_reads_input_and_target_as_one_text_of_which_the_target_counts()
    {
        var batch = TaskBatch.Of(s_examples[..1], new TaskLayout(ModelFamily.Gpt, Mask, Room: null));

        Assert.Equal((1, 0, 16), (batch.Rows, batch.InputLength, batch.TargetLength));
        Assert.Equal([11, 12, 13, 14, 15, 1, 21, 22, 1, 0, 0, 0, 0, 0, 0, 0], batch.Targets);
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], batch.TargetMask!);
    }

    [Fact]
    public void A_model_without_decoder_restores_the_target_from_as_many_masks_behind_the_input()
    {
        var batch = TaskBatch.Of(s_examples[..1], new TaskLayout(ModelFamily.Bert, Mask, Room: null));

        Assert.Equal((1, 8, 8), (batch.Rows, batch.InputLength, batch.TargetLength));
        Assert.Equal([11, 12, 13, 14, 15, Mask, Mask, 1], batch.Inputs);
        Assert.Equal([0, 0, 0, 0, 0, 21, 22, 0], batch.Targets);
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 0], batch.TargetMask!);
    }

    [Theory]
    [InlineData("t5", ModelFamily.T5)]
    [InlineData("gpt", ModelFamily.Gpt)]
    [InlineData("bert", ModelFamily.Bert)]
    public void A_packed_batch_has_the_loss_and_the_gradient_of_the_padded_one(string kind, ModelFamily family)
    {
        using var model = SmallModels.Create(SmallModels.Shape(kind));
        var (packedLoss, packed) = Measure(TaskBatch.Of(s_examples, new TaskLayout(family, Mask, (12, 8))));
        var (paddedLoss, padded) = Measure(TaskBatch.Of(s_examples, new TaskLayout(family, Mask, Room: null)));

        Assert.Equal(paddedLoss.Tokens, packedLoss.Tokens);
        Assert.Equal(paddedLoss.NegativeLogLikelihood, packedLoss.NegativeLogLikelihood, tolerance: 1e-4 * paddedLoss.NegativeLogLikelihood);
        Assert.InRange(padded.Zip(packed, (a, b) => Math.Abs(a - b)).Max(), 0, 2e-4 * padded.Max(Math.Abs));

        unsafe (LossSums Loss, float[] Gradient) Measure(TokenBatch batch)
        {
            model.Parameters.ZeroGradients();
            var loss = model.ForwardBackward(batch, default, 1);
            return (loss, new Span<float>(model.Parameters.Gradients, (int)model.Parameters.GradientLength).ToArray());
        }
    }
}
