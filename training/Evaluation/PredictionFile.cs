using System.Text.Json.Serialization;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Evaluation;

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
    path, "out", "a prediction", new { evaluation }, "the predictions of another model, task or way of generating", prediction => prediction.Line);
