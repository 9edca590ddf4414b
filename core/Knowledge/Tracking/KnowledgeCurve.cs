namespace Orchestrator.Core.Knowledge.Tracking;

/// <summary>What a run knew after a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Attempt">The generation that asked.</param>
/// <param name="Questions">Questions asked.</param>
/// <param name="Known">Answered right.</param>
/// <param name="Learned">Answered right now and not at the asking before.</param>
/// <param name="Forgotten">Answered right at some asking before and not now.</param>
public sealed record KnowledgePoint(long Step, long Attempt, int Questions, int Known, int Learned, int Forgotten)
{
    /// <summary>Share of the questions that was answered right, in percent.</summary>
    public double Percent => Questions == 0 ? 0 : 100.0 * Known / Questions;
}

/// <summary>Follows askings of one probe in the order of their steps.</summary>
public sealed class KnowledgeCurve
{
    private readonly HashSet<long> _ever = [];
    private HashSet<long> _last = [];

    /// <summary>The last step taken in, or -1.</summary>
    public long Step { get; private set; } = -1;

    /// <summary>The curve of askings in the order of their steps.</summary>
    public static IReadOnlyList<KnowledgePoint> Of(IEnumerable<KnowledgeAsking> askings)
    {
        var curve = new KnowledgeCurve();
        return [.. askings.Select(curve.Add)];
    }

    /// <summary>Takes in an asking.</summary>
    /// <exception cref="ArgumentException">It is not of a later step.</exception>
    public KnowledgePoint Add(KnowledgeAsking asking)
    {
        ArgumentNullException.ThrowIfNull(asking);
        if (asking.Head.Step <= Step)
        {
            throw new ArgumentException($"Step {asking.Head.Step} does not come after step {Step}.", nameof(asking));
        }

        var known = asking.Answers.Where(answer => answer.Right).Select(answer => answer.Line).ToHashSet();
        var point = new KnowledgePoint(
            asking.Head.Step, asking.Head.Attempt, asking.Answers.Count, known.Count, known.Count(line => !_last.Contains(line)),
            asking.Answers.Count(answer => !answer.Right && _ever.Contains(answer.Line)));
        _ever.UnionWith(known);
        (_last, Step) = (known, asking.Head.Step);
        return point;
    }
}
