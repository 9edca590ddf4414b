using System.ComponentModel;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Model;

namespace Orchestrator.Training.Optim;

/// <summary>How the summed loss of a global batch becomes the loss that is minimised.</summary>
public static class T5Loss
{
    /// <summary>What sums, and gradients of sums, are divided by.</summary>
    /// <param name="spec">The loss.</param>
    /// <param name="tokens">Target tokens of the global batch that count.</param>
    /// <param name="targetSize">Target tokens of the global batch, padding included.</param>
    public static double Divisor(LossSpec spec, long tokens, long targetSize)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Normalisation switch
        {
            LossNormalisation.Tokens => Math.Max(1, tokens),
            LossNormalisation.Sum => 1.0,
            LossNormalisation.TargetSize => Math.Max(1, targetSize),
            _ => throw new InvalidEnumArgumentException(nameof(spec), (int)spec.Normalisation, typeof(LossNormalisation)),
        };
    }

    /// <summary>The loss of a step as people read it: negative log-likelihood a token, nats, without z-loss.</summary>
    public static double PerToken(LossSums sums) => sums.NegativeLogLikelihood / Math.Max(1, sums.Tokens);
}
