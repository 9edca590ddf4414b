using Orchestrator.Core.Evaluation;
using Xunit;

namespace Orchestrator.Tests.Core.Evaluation;

public sealed class EvaluationRecordTests
{
    [Fact]
    public void The_first_of_equally_good_evaluations_stays_the_best_and_the_others_use_up_patience()
    {
        var record = After(higherIsBetter: true, (10, 1), (20, 3), (30, 3), (40, 2));

        Assert.Equal(new EvaluationRecord(40, 20, 3, 2), record);
        Assert.False(record.IsBest);
        Assert.False(record.Exhausts(3));
        Assert.True(record.Exhausts(2));
        Assert.False(record.Exhausts(0));
    }

    [Fact]
    public void A_lower_loss_is_better() => Assert.Equal(new EvaluationRecord(3, 2, 1.5, 1), After(higherIsBetter: false, (1, 2), (2, 1.5), (3, 1.6)));

    [Fact]
    public void What_is_not_a_number_is_never_the_best()
    {
        var record = After(higherIsBetter: false, (1, double.NaN), (2, double.PositiveInfinity));

        Assert.Equal((0, 2), (record.BestStep, record.SinceBest));
        Assert.True(record.After(3, 7, higherIsBetter: false).IsBest);
    }

    [Fact]
    public void A_step_that_is_measured_again_changes_nothing()
    {
        var record = After(higherIsBetter: true, (10, 1), (20, 2));

        Assert.Equal(record, record.After(20, 9, higherIsBetter: true));
        Assert.Equal(record, record.After(10, 9, higherIsBetter: true));
    }

    private static EvaluationRecord After(bool higherIsBetter, params (long Step, double Value)[] values) =>
        values.Aggregate(default(EvaluationRecord), (record, next) => record.After(next.Step, next.Value, higherIsBetter));
}
