namespace Orchestrator.Training.Model;

/// <summary>A loss summed over target tokens.</summary>
/// <param name="NegativeLogLikelihood">Sum of the tokens' negative log-likelihoods, nats.</param>
/// <param name="ZLoss">Sum of the tokens' weighted log² Z.</param>
/// <param name="Smoothing">Sum of what smoothed labels add; 0 without them.</param>
/// <param name="Tokens">Number of target tokens that counted.</param>
public readonly record struct LossSums(double NegativeLogLikelihood, double ZLoss, double Smoothing, long Tokens)
{
    /// <summary>What is minimised.</summary>
    public double Total => NegativeLogLikelihood + ZLoss + Smoothing;

    /// <summary>The sums of two batches together.</summary>
    public static LossSums operator +(LossSums left, LossSums right) => left.Add(right);

    /// <summary>The sums of two batches together.</summary>
    public LossSums Add(LossSums other) =>
        new(NegativeLogLikelihood + other.NegativeLogLikelihood, ZLoss + other.ZLoss, Smoothing + other.Smoothing, Tokens + other.Tokens);
}
