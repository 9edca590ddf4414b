namespace Orchestrator.Core.Knowledge.Tracking;

/// <summary>What came of asking a question.</summary>
/// <param name="Line">The question's line.</param>
/// <param name="Right">Whether the answer is right.</param>
/// <param name="Prediction">What the model wrote.</param>
/// <param name="Confidence">Its probability, the end included, in [0, 1].</param>
public sealed record KnowledgeAnswer(long Line, bool Right, string Prediction, double Confidence);

/// <summary>Which weights were asked what.</summary>
/// <param name="Run">The run.</param>
/// <param name="Step">The step after which it was asked; 0: before the first.</param>
/// <param name="Attempt">The generation that asked.</param>
/// <param name="WeightsDigest">Of the weights that answered, 16 hexadecimal characters.</param>
/// <param name="Questions">The probe's digest.</param>
/// <param name="Metric">What said which answers are right.</param>
public sealed record KnowledgeHead(string Run, long Step, long Attempt, string WeightsDigest, string Questions, string Metric)
{
    /// <summary>Whether another head is of the same weights and questions, so that its answers are the same.</summary>
    public bool IsSameAs(KnowledgeHead? other) => other is not null && (Step, WeightsDigest, Questions) == (other.Step, other.WeightsDigest, other.Questions);
}

/// <summary>All questions asked after one step.</summary>
/// <param name="Head">Of what.</param>
/// <param name="Answers">The answers, a question each, in the probe's order.</param>
public sealed record KnowledgeAsking(KnowledgeHead Head, IReadOnlyList<KnowledgeAnswer> Answers);
