using System.Text.Json.Serialization;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Core.Evaluation;

/// <summary>One prediction.</summary>
/// <param name="Line">The example's line.</param>
/// <param name="Input">What the model read.</param>
/// <param name="Targets">The texts that are right.</param>
/// <param name="Text">What it wrote.</param>
/// <param name="Tokens">Tokens of that, the end included.</param>
/// <param name="LogProbability">Of those tokens together, nats.</param>
public sealed record Prediction(
    long Line, string Input, IReadOnlyList<string> Targets, [property: JsonPropertyName("prediction")] string Text, int Tokens, double LogProbability);

/// <summary>Predictions, by line.</summary>
/// <param name="path">The file; null keeps predictions in memory.</param>
/// <param name="evaluation">Names the model, the task and how predictions are made.</param>
/// <exception cref="BadInputException">The file is of another evaluation, damaged, or cannot be written.</exception>
public sealed class PredictionFile(string? path, string evaluation) : ResumableFile<Prediction>(
    path, "out", "a prediction", new { evaluation }, "the predictions of another model, task or way of generating", prediction => prediction.Line)
{
    /// <summary>The predictions that an evaluation left, in the order of lines. The file is not changed; a line that is being written is left out.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">It cannot be read, is damaged, or holds none.</exception>
    public static IReadOnlyList<Prediction> Read(string path)
    {
        var predictions = ReadResults(path, "predictions", "a prediction");
        return predictions.Count > 0 ? predictions : throw new BadInputException($"predictions: {path} holds none; name a file that 'orchestrator evaluate --out' wrote.");
    }
}
