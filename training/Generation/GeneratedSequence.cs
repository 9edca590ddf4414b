namespace Orchestrator.Training.Generation;

/// <summary>What was generated for one row.</summary>
/// <param name="Tokens">The tokens without the start token; the end token last, if it came.</param>
/// <param name="LogProbabilities">Of each token, given those before it; of the model as it is, whatever the temperature. Nats.</param>
public sealed record GeneratedSequence(long[] Tokens, float[] LogProbabilities)
{
    /// <summary>The sequence's log-probability, nats.</summary>
    public double LogProbability => LogProbabilities.Sum(value => (double)value);
}
