namespace Orchestrator.Core.Evaluation.Breakdown;

/// <summary>Questions whose confidence is in (Above, UpTo]; the first bin holds 0 too.</summary>
/// <param name="Above">Lower end.</param>
/// <param name="UpTo">Upper end.</param>
/// <param name="Questions">How many there are.</param>
/// <param name="Confidence">Their mean confidence; 0 where there are none.</param>
/// <param name="Accuracy">Part of them that is right; 0 where there are none.</param>
public sealed record ReliabilityBin(double Above, double UpTo, int Questions, double Confidence, double Accuracy);

/// <summary>How right the most confident answers are.</summary>
/// <param name="Coverage">Part of the questions that is answered, the most confident first.</param>
/// <param name="Questions">How many that is.</param>
/// <param name="Confidence">The least confidence among them.</param>
/// <param name="Accuracy">Part of them that is right.</param>
public sealed record CoveragePoint(double Coverage, int Questions, double Confidence, double Accuracy);

/// <summary>Whether a model's confidence says how often it is right.</summary>
/// <param name="Error">Expected calibration error: the mean over questions of |accuracy - confidence| of their bin (Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599).</param>
/// <param name="Bins">Ten bins of equal width.</param>
/// <param name="Coverage">Accuracy at a tenth of the questions, two tenths, and so on.</param>
public sealed record Calibration(double Error, IReadOnlyList<ReliabilityBin> Bins, IReadOnlyList<CoveragePoint> Coverage)
{
    private const int Parts = 10;

    /// <summary>The calibration of answers.</summary>
    /// <param name="questions">At least one.</param>
    public static Calibration Of(IReadOnlyList<AnsweredQuestion> questions)
    {
        ArgumentNullException.ThrowIfNull(questions);
        var binned = questions.ToLookup(question => Math.Clamp((int)Math.Ceiling(question.Confidence * Parts) - 1, 0, Parts - 1));
        ReliabilityBin[] bins = [.. Enumerable.Range(0, Parts).Select(bin => new ReliabilityBin(
            (double)bin / Parts, (bin + 1.0) / Parts, binned[bin].Count(), binned[bin].Select(question => question.Confidence).DefaultIfEmpty().Average(), Right(binned[bin])))];

        // Equal confidences keep the order of lines, so that the table is the same every time.
        var ordered = questions.OrderByDescending(question => question.Confidence).ToArray();
        CoveragePoint[] coverage = [.. Enumerable.Range(1, Parts)
            .Select(part => ordered[..(int)Math.Ceiling((double)part * ordered.Length / Parts)])
            .Select((some, part) => new CoveragePoint((part + 1.0) / Parts, some.Length, some[^1].Confidence, Right(some)))];
        return new Calibration(bins.Sum(bin => bin.Questions * Math.Abs(bin.Accuracy - bin.Confidence)) / questions.Count, bins, coverage);
    }

    private static double Right(IEnumerable<AnsweredQuestion> questions) => questions.Select(question => question.IsRight ? 1.0 : 0.0).DefaultIfEmpty().Average();
}
