using Orchestrator.Core.Evaluation;

namespace Orchestrator.Core.Knowledge.ClosedBook.Judging;

/// <summary>A judge's way through a sample: what is asked next, and what can be taken back.</summary>
public sealed class JudgeSession
{
    private readonly Dictionary<long, Verdict> _verdicts;
    private readonly List<long> _judged;

    /// <summary>Goes on where a judge stopped.</summary>
    /// <param name="questions">The sample, in its order.</param>
    /// <param name="entries">What all judges did, in order.</param>
    /// <param name="judge">Who goes on.</param>
    public JudgeSession(IReadOnlyList<Prediction> questions, IEnumerable<JudgeEntry> entries, string judge)
    {
        Questions = questions;
        (_verdicts, _judged) = Replay(entries.Where(entry => entry.Judge == judge));
    }

    /// <summary>The sample.</summary>
    public IReadOnlyList<Prediction> Questions { get; }

    /// <summary>How many are judged.</summary>
    public int Done => _judged.Count;

    /// <summary>The first that is not judged; null: all are.</summary>
    public Prediction? Next => Questions.FirstOrDefault(question => !_verdicts.ContainsKey(question.Line));

    /// <summary>Judges the next one.</summary>
    /// <exception cref="InvalidOperationException">All are judged.</exception>
    public void Judge(Verdict verdict)
    {
        var line = (Next ?? throw new InvalidOperationException("All are judged.")).Line;
        _verdicts.Add(line, verdict);
        _judged.Add(line);
    }

    /// <summary>Takes the last verdict back.</summary>
    /// <returns>The line that it was on; null: there is none.</returns>
    public long? Undo()
    {
        if (_judged.Count == 0)
        {
            return null;
        }

        var line = _judged[^1];
        _judged.RemoveAt(_judged.Count - 1);
        _verdicts.Remove(line);
        return line;
    }

    /// <summary>One judge's verdicts that stand, by line.</summary>
    /// <param name="entries">What the judge did, in order.</param>
    internal static IReadOnlyDictionary<long, Verdict> Standing(IEnumerable<JudgeEntry> entries) => Replay(entries).Verdicts;

    private static (Dictionary<long, Verdict> Verdicts, List<long> Order) Replay(IEnumerable<JudgeEntry> entries)
    {
        var (verdicts, order) = (new Dictionary<long, Verdict>(), new List<long>());
        foreach (var entry in entries.OrderBy(entry => entry.Number))
        {
            order.Remove(entry.Line);
            verdicts.Remove(entry.Line);
            if (entry.Verdict is { } verdict)
            {
                verdicts.Add(entry.Line, verdict);
                order.Add(entry.Line);
            }
        }

        return (verdicts, order);
    }
}
