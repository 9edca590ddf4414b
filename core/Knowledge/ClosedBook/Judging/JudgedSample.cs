using System.Security.Cryptography;
using Orchestrator.Core.Data;
using Orchestrator.Core.Evaluation;

namespace Orchestrator.Core.Knowledge.ClosedBook.Judging;

/// <summary>What a store's verdicts are of: the first line of its file. Two judges of one store see the same questions in the same order.</summary>
/// <param name="Predictions">SHA-256 of the file of predictions, lower-case hexadecimal.</param>
/// <param name="Metric">What says which answers are wrong.</param>
/// <param name="Sample">How many wrong answers are judged.</param>
/// <param name="Seed">Which ones: same seed, same ones.</param>
/// <param name="Questions">All questions that the metric counts.</param>
/// <param name="Right">Those that it calls right.</param>
public sealed record JudgedSample(string Predictions, string Metric, int Sample, long Seed, int Questions, int Right)
{
    /// <summary>Draws a sample of the wrong answers of a file of predictions.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metric">What says which answers are wrong.</param>
    /// <param name="sample">How many, at least 1; all where there are fewer.</param>
    /// <param name="seed">Which ones.</param>
    /// <exception cref="BadInputException">The file cannot be read or holds no wrong answers, or the metric knows degrees.</exception>
    public static (JudgedSample Of, IReadOnlyList<Prediction> Questions) Draw(string path, TextMetric metric, int sample, long seed)
    {
        ArgumentNullException.ThrowIfNull(metric);
        ArgumentOutOfRangeException.ThrowIfLessThan(sample, 1);
        var isRight = metric.Verdict ?? throw new BadInputException(
            $"metric: {metric.Name} does not tell of each answer whether it is wrong; choose from {string.Join(", ", TextMetrics.Exacts)}.");
        var counted = PredictionFile.Read(path)
            .Select(prediction => (Prediction: prediction, Right: isRight(prediction.Text, prediction.Targets)))
            .Where(one => one.Right is not null)
            .OrderBy(one => one.Prediction.Line)
            .ToArray();
        var wrong = counted.Where(one => one.Right is false).Select(one => one.Prediction).ToArray();
        if (wrong.Length == 0)
        {
            throw new BadInputException($"predictions: {metric.Name} calls none of the {counted.Length} answers of {path} wrong; there is nothing to judge.");
        }

        var order = new SampleOrder(seed, wrong.Length);
        Prediction[] drawn = [.. Enumerable.Range(0, Math.Min(sample, wrong.Length)).Select(place => wrong[order.At(0, place)])];
        var digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        return (new JudgedSample(digest, metric.Name, drawn.Length, seed, counted.Length, counted.Length - wrong.Length), drawn);
    }
}
