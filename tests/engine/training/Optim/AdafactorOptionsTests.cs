using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;
using Xunit;

namespace Orchestrator.Tests.Training.Optim;

/// <summary>The options that no golden trajectory covers, against T5X's and Hugging Face's formulas written out in double.</summary>
public sealed unsafe class AdafactorOptionsTests
{
    private const int Steps = 6;

    public static TheoryData<string, OptimizerSpec> Options { get; } = new()
    {
        { "momentum", new OptimizerSpec { Beta1 = 0.9 } },
        { "momentum of zero", new OptimizerSpec { Beta1 = 0.0 } },
        { "weight decay", new OptimizerSpec { WeightDecay = 0.01, NoDecay = "" } },
        { "weight decay by the rate squared", new OptimizerSpec { WeightDecay = 3, DecayRateExponent = 2, NoDecay = "" } },
        { "Hugging Face's weight decay", new OptimizerSpec { WeightDecay = 0.3, Rules = AdafactorRules.HuggingFace, NoDecay = "" } },
        { "all of them", new OptimizerSpec { Beta1 = 0.8, WeightDecay = 0.02, MaxScale = 0.05, StepOffset = 2, Rules = AdafactorRules.HuggingFace, NoDecay = "" } },
        { "no factoring", new OptimizerSpec { Factored = false, Rules = AdafactorRules.HuggingFace } },
        { "no clipping", new OptimizerSpec { ClipThreshold = 0 } },
        { "a ceiling of the scale", new OptimizerSpec { MaxScale = 0.01 } },
        { "a step offset", new OptimizerSpec { StepOffset = 3 } },
        { "no scaling of one tensor", new OptimizerSpec { Unscaled = "^w$" } },
        { "no decay of one tensor", new OptimizerSpec { WeightDecay = 0.5, NoDecay = "^w$" } },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Weights_are_those_of_the_formula(string what, OptimizerSpec spec)
    {
        foreach (var shape in new long[][] { [37], [130, 140], [20, 30] })
        {
            using var parameters = new FlatParameters([new ParameterShape("w", shape)]);
            using var optimizer = new Adafactor(parameters, spec);
            var random = new Random(7);
            var expected = new Reference(shape, spec);
            var weights = parameters.WeightSpan("w");
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = (float)((random.NextDouble() - 0.5) * 0.2);
                expected.Weights[i] = weights[i];
            }

            var gradient = new float[weights.Length];
            for (var step = 1; step <= Steps; step++)
            {
                for (var i = 0; i < gradient.Length; i++)
                {
                    gradient[i] = (float)(random.NextDouble() - 0.3) * (step == 4 ? 100 : 1);
                }

                fixed (float* values = gradient)
                {
                    optimizer.Step(values, 0.5f, 0.05, step);
                }

                expected.Step(gradient, 0.5, 0.05, step);
                for (var i = 0; i < gradient.Length; i++)
                {
                    Assert.True(Math.Abs(expected.Weights[i] - weights[i]) <= 1e-6, $"{what}, shape {string.Join('x', shape)}, step {step}: {weights[i]} instead of {expected.Weights[i]}");
                }
            }
        }
    }

    [Fact]
    public void Momentum_is_part_of_the_state_that_checkpoints_hold()
    {
        using var parameters = new FlatParameters([new ParameterShape("a", [128, 128]), new ParameterShape("b", [3])]);
        using var optimizer = OptimizerFactory.Create(parameters, new OptimizerSpec { Beta1 = 0.9 });

        Assert.Equal(["a.row", "a.column", "a.m", "b.second", "b.m"], optimizer.StateViews.Select(view => view.Name));
        Assert.Equal([128L, 128L], optimizer.StateViews[2].Shape);
    }

    private sealed class Reference(long[] shape, OptimizerSpec spec)
    {
        private readonly int _rows = shape.Length == 2 ? (int)shape[0] : 1;
        private readonly int _columns = (int)shape[^1];
        private readonly double[] _second = new double[shape.Aggregate(1L, (a, b) => a * b)];
        private readonly double[] _momentum = new double[shape.Aggregate(1L, (a, b) => a * b)];
        private readonly double[] _row = new double[shape[0]];
        private readonly double[] _column = new double[shape[^1]];

        public double[] Weights { get; } = new double[shape.Aggregate(1L, (a, b) => a * b)];

        private bool Factored => spec.Factored && shape.Length == 2 && (spec.Rules == AdafactorRules.HuggingFace || shape.Min() >= 128);

        public void Step(float[] gradientSum, double scale, double rate, long step)
        {
            var decay = 1.0 - Math.Pow(Math.Max(1, step - spec.StepOffset), -0.8);
            var gradient = gradientSum.Select(g => g * scale).ToArray();
            var update = Factored ? FactoredUpdate(gradient, decay) : PlainUpdate(gradient, decay);
            if (spec.ClipThreshold > 0)
            {
                var clip = Math.Max(1.0, Rms(update) / spec.ClipThreshold);
                update = [.. update.Select(u => u / clip)];
            }

            var size = spec.Unscaled == "^w$" ? 1.0 : Math.Min(spec.MaxScale ?? 1e30, Math.Max(1e-3, Rms(Weights)));
            var taken = spec.NoDecay == "^w$" ? 0.0
                : spec.Rules == AdafactorRules.HuggingFace ? spec.WeightDecay * rate * size
                : spec.WeightDecay * Math.Pow(rate, spec.DecayRateExponent);
            for (var i = 0; i < update.Length; i++)
            {
                var u = rate * size * update[i];
                if (spec.Beta1 is { } beta1)
                {
                    u = _momentum[i] = (beta1 * _momentum[i]) + ((1.0 - beta1) * u);
                }

                Weights[i] = (Weights[i] * (1.0 - taken)) - u;
            }
        }

        private double[] FactoredUpdate(double[] gradient, double decay)
        {
            for (var r = 0; r < _rows; r++)
            {
                var mean = Enumerable.Range(0, _columns).Average(c => Square(gradient[(r * _columns) + c]));
                _row[r] = (decay * _row[r]) + ((1 - decay) * mean);
            }

            for (var c = 0; c < _columns; c++)
            {
                var mean = Enumerable.Range(0, _rows).Average(r => Square(gradient[(r * _columns) + c]));
                _column[c] = (decay * _column[c]) + ((1 - decay) * mean);
            }

            var all = _row.Average();
            return [.. gradient.Select((g, i) => g / Math.Sqrt(_row[i / _columns] / all) / Math.Sqrt(_column[i % _columns]))];
        }

        private double[] PlainUpdate(double[] gradient, double decay)
        {
            for (var i = 0; i < gradient.Length; i++)
            {
                _second[i] = (decay * _second[i]) + ((1 - decay) * Square(gradient[i]));
            }

            return [.. gradient.Select((g, i) => g / Math.Sqrt(_second[i]))];
        }

        private static double Square(double gradient) => (gradient * gradient) + 1e-30;

        private static double Rms(double[] values) => Math.Sqrt(values.Average(v => v * v));
    }
}
