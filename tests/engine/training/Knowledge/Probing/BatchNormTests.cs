using Orchestrator.Core.Specs;
using Orchestrator.Training.Knowledge.Probing;
using Orchestrator.Training.Model;
using Orchestrator.Training.Optim;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Training.Knowledge.Probing;

public sealed class BatchNormTests : IDisposable
{
    private const int Rows = 7, Width = 5;

    private readonly FlatParameters _parameters = new([new("w", [Width]), new("b", [Width])]);
    private readonly BatchNorm _norm;

    public BatchNormTests()
    {
        Draw(1, Width).CopyTo(_parameters.WeightSpan("w"));
        Draw(2, Width).CopyTo(_parameters.WeightSpan("b"));
        _norm = new BatchNorm(_parameters, "w", "b");
    }

    public void Dispose()
    {
        _norm.Dispose();
        _parameters.Dispose();
    }

    [Fact]
    public void Columns_of_a_batch_get_the_weight_as_deviation_and_the_bias_as_mean()
    {
        var result = Forward(Draw(3, Rows * Width), training: true);

        for (var column = 0; column < Width; column++)
        {
            double[] values = [.. Enumerable.Range(0, Rows).Select(row => (double)result[(row * Width) + column])];
            Assert.Equal(_parameters.WeightSpan("b")[column], values.Average(), 1e-5);
            Assert.Equal(Math.Abs(_parameters.WeightSpan("w")[column]), Math.Sqrt(Variance(values)), 1e-4);
        }
    }

    [Fact]
    public void Outside_training_a_row_is_normalised_by_running_averages()
    {
        var (mean, variance) = (new double[Width], Enumerable.Repeat(1.0, Width).ToArray());
        for (var step = 0; step < 4; step++)
        {
            var x = Draw(10 + step, Rows * Width);
            Forward(x, training: true);
            for (var column = 0; column < Width; column++)
            {
                double[] values = [.. Enumerable.Range(0, Rows).Select(row => (double)x[(row * Width) + column])];
                mean[column] = (0.9 * mean[column]) + (0.1 * values.Average());
                variance[column] = (0.9 * variance[column]) + (0.1 * Variance(values) * Rows / (Rows - 1));
            }
        }

        var one = Draw(20, Width);
        var result = Forward(one, training: false);
        for (var column = 0; column < Width; column++)
        {
            var expected = ((one[column] - mean[column]) / Math.Sqrt(variance[column] + 1e-5) * _parameters.WeightSpan("w")[column]) + _parameters.WeightSpan("b")[column];
            Assert.Equal(expected, result[column], 1e-5);
        }
    }

    [Fact]
    public void Its_gradients_are_the_slopes_of_what_follows()
    {
        var (x, dy) = (Draw(4, Rows * Width), Draw(5, Rows * Width));
        using var pass = NewPass(training: true);
        using var input = TensorMemory.Of(x, [Rows, Width], CPU);
        using var gradient = TensorMemory.Of(dy, [Rows, Width], CPU);
        using var dx = zeros_like(input);
        var (result, statistics) = _norm.Forward(input, pass);
        _norm.Backward(gradient, input, statistics, dx, pass);
        result.Dispose();
        statistics.Dispose();

        RequireSlopes(x, TensorMemory.Values<float>(dx).ToArray());
        RequireSlopes(_parameters.WeightSpan("w"), _parameters.GradientSpan("w").ToArray());
        RequireSlopes(_parameters.WeightSpan("b"), _parameters.GradientSpan("b").ToArray());

        void RequireSlopes(Span<float> values, float[] slopes)
        {
            for (var i = 0; i < values.Length; i++)
            {
                const float By = 1e-2f;
                var before = values[i];
                values[i] = before + By;
                var above = Following();
                values[i] = before - By;
                var below = Following();
                values[i] = before;
                Assert.Equal((above - below) / (2 * By), slopes[i], 5e-3);
            }
        }

        double Following() => Forward(x, training: true).Zip(dy, (y, d) => (double)y * d).Sum();
    }

    private static double Variance(double[] values) => values.Average(value => (value - values.Average()) * (value - values.Average()));

    private static float[] Draw(int seed, int count)
    {
        var random = new CounterRandom(seed, "values");
        return [.. Enumerable.Range(0, count).Select(i => (float)((2.0 * random.Normal((ulong)i)) + 1.0))];
    }

    private static Pass NewPass(bool training) =>
        new(Operations.For(CPU), CPU, Precision.Fp32, batch: 1, training, dropout: 0.0, dropoutSeed: 0) { Watch = static _ => { } };

    private float[] Forward(float[] values, bool training)
    {
        using var pass = NewPass(training);
        using var input = TensorMemory.Of(values, [values.Length / Width, Width], CPU);
        var (result, statistics) = _norm.Forward(input, pass);
        using (result)
        using (statistics)
        {
            return TensorMemory.Values<float>(result).ToArray();
        }
    }
}
