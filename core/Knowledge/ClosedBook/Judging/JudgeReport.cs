namespace Orchestrator.Core.Knowledge.ClosedBook.Judging;

/// <summary>One judge's verdicts.</summary>
/// <param name="Judge">Who.</param>
/// <param name="Judged">How many stand.</param>
/// <param name="TrueNegative">Wrong after all.</param>
/// <param name="Phrasing">Right in other words.</param>
/// <param name="IncompleteAnnotation">Right, and missing among the targets.</param>
/// <param name="Unanswerable">Of questions that have no answer.</param>
/// <param name="Adjusted">The score that follows, in percent; null where nothing was judged or no answerable question would be left.</param>
public sealed record JudgeTally(string Judge, int Judged, int TrueNegative, int Phrasing, int IncompleteAnnotation, int Unanswerable, double? Adjusted);

/// <summary>How far two judges agree.</summary>
/// <param name="First">One.</param>
/// <param name="Second">The other.</param>
/// <param name="Both">Questions that both judged.</param>
/// <param name="Agreed">Those on which they gave the same verdict.</param>
/// <param name="Kappa">Cohen's kappa; null where both gave one and the same verdict throughout, or judged nothing in common.</param>
public sealed record JudgeAgreement(string First, string Second, int Both, int Agreed, double? Kappa);

/// <summary>What people found of the answers that a metric calls wrong.</summary>
/// <param name="Sample">What was judged.</param>
/// <param name="Score">The metric's score, in percent.</param>
/// <param name="Judges">Each judge's verdicts, by name.</param>
/// <param name="Agreements">Every two judges.</param>
public sealed record JudgeReport(JudgedSample Sample, double Score, IReadOnlyList<JudgeTally> Judges, IReadOnlyList<JudgeAgreement> Agreements)
{
    /// <summary>The report of a store.</summary>
    public static JudgeReport Of(JudgedSample sample, IEnumerable<JudgeEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var judges = entries.GroupBy(entry => entry.Judge, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (Name: group.Key, Verdicts: JudgeSession.Standing(group)))
            .ToArray();
        return new JudgeReport(
            sample,
            100.0 * sample.Right / sample.Questions,
            [.. judges.Select(judge => Tally(judge.Name, judge.Verdicts.Values, (double)sample.Right / sample.Questions))],
            [.. judges.SelectMany((first, place) => judges[(place + 1)..].Select(second => Agreement(first.Name, first.Verdicts, second.Name, second.Verdicts)))]);
    }

    /// <summary>The score when answers that are right after all count, and questions without an answer do not: (b + (1 - b) r) / (1 - (1 - b) u).</summary>
    /// <remarks>Roberts et al. 2020, section 4.</remarks>
    /// <param name="score">b, the part that the metric calls right.</param>
    /// <param name="right">r, the part of the judged answers that is right after all.</param>
    /// <param name="unanswerable">u, the part of them whose question has no answer.</param>
    /// <returns>From 0 to 1; null where no question would be left.</returns>
    public static double? Adjusted(double score, double right, double unanswerable)
    {
        var left = 1 - ((1 - score) * unanswerable);
        return left > 0 ? (score + ((1 - score) * right)) / left : null;
    }

    /// <summary>Cohen's kappa, (observed - expected) / (1 - expected) agreement (Cohen 1960).</summary>
    /// <param name="pairs">The two verdicts on each question.</param>
    /// <returns>1: always the same; 0: as by chance; null where chance alone makes them the same, or there are none.</returns>
    public static double? Kappa(IReadOnlyCollection<(Verdict First, Verdict Second)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        double count = pairs.Count;
        var expected = Enum.GetValues<Verdict>().Sum(verdict => pairs.Count(pair => pair.First == verdict) / count * (pairs.Count(pair => pair.Second == verdict) / count));
        return expected < 1 ? ((pairs.Count(pair => pair.First == pair.Second) / count) - expected) / (1 - expected) : null;
    }

    private static JudgeTally Tally(string judge, IEnumerable<Verdict> verdicts, double score)
    {
        var of = verdicts.ToLookup(verdict => verdict);
        var (negative, phrasing, incomplete, open) = (of[Verdict.TrueNegative].Count(), of[Verdict.Phrasing].Count(), of[Verdict.IncompleteAnnotation].Count(), of[Verdict.Unanswerable].Count());
        var judged = negative + phrasing + incomplete + open;
        var adjusted = judged == 0 ? null : 100 * Adjusted(score, (double)(phrasing + incomplete) / judged, (double)open / judged);
        return new JudgeTally(judge, judged, negative, phrasing, incomplete, open, adjusted);
    }

    private static JudgeAgreement Agreement(string first, IReadOnlyDictionary<long, Verdict> firsts, string second, IReadOnlyDictionary<long, Verdict> seconds)
    {
        (Verdict, Verdict)[] pairs = [.. firsts.Where(one => seconds.ContainsKey(one.Key)).OrderBy(one => one.Key).Select(one => (one.Value, seconds[one.Key]))];
        return new JudgeAgreement(first, second, pairs.Length, pairs.Count(pair => pair.Item1 == pair.Item2), Kappa(pairs));
    }
}
