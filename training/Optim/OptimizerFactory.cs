using System.ComponentModel;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Optim;

/// <summary>The optimizer that a spec names.</summary>
public static class OptimizerFactory
{
    /// <summary>Makes the optimizer of parameters, its state zero.</summary>
    public static IOptimizer Create(FlatParameters parameters, OptimizerSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Kind switch
        {
            OptimizerKind.Adafactor => new Adafactor(parameters, spec),
            OptimizerKind.Adamw => new AdamW(parameters, spec),
            _ => throw new InvalidEnumArgumentException(nameof(spec), (int)spec.Kind, typeof(OptimizerKind)),
        };
    }
}
