using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Core.Knowledge.Tracking;

namespace Orchestrator.Cli.Display;

/// <summary>What a run knew and saw, as people and tools read it.</summary>
internal static class KnowledgeText
{
    private const int MostSteps = 8;

    /// <summary>A curve as a table.</summary>
    public static string Table(IReadOnlyList<KnowledgePoint> points) => points.Aggregate(
        new StringBuilder($"{"step",10}{"questions",12}{"known",9}{"%",8}{"learned",10}{"forgotten",11}"),
        (text, point) => text.Append(
            CultureInfo.InvariantCulture, $"\n{point.Step,10}{point.Questions,12}{point.Known,9}{point.Percent,8:F1}{point.Learned,10}{point.Forgotten,11}")).ToString();

    /// <summary>A curve as comma-separated values.</summary>
    public static string Csv(IReadOnlyList<KnowledgePoint> points) => points.Aggregate(
        new StringBuilder("step,attempt,questions,known,learned,forgotten"),
        (text, point) => text.Append(CultureInfo.InvariantCulture, $"\n{point.Step},{point.Attempt},{point.Questions},{point.Known},{point.Learned},{point.Forgotten}")).ToString();

    /// <summary>A curve as one JSON object.</summary>
    public static JsonObject Json(KnowledgeHead head, IReadOnlyList<KnowledgePoint> points) => new()
    {
        ["event"] = "curve",
        ["run"] = head.Run,
        ["metric"] = head.Metric,
        ["probe"] = head.Questions,
        ["points"] = new JsonArray([.. points.Select(point => new JsonObject
        {
            ["step"] = point.Step,
            ["attempt"] = point.Attempt,
            ["questions"] = point.Questions,
            ["known"] = point.Known,
            ["learned"] = point.Learned,
            ["forgotten"] = point.Forgotten,
        })]),
    };

    /// <summary>A moment as a line.</summary>
    public static string Line(KnowledgeMoment moment) => moment switch
    {
        KnowledgeSeen { Steps.Count: 0 } none => $"{Stretch(none),-20}not seen",
        KnowledgeSeen seen => $"{Stretch(seen),-20}seen {seen.Steps.Count} time{(seen.Steps.Count == 1 ? "" : "s")}: step{(seen.Steps.Count == 1 ? "" : "s")} {Steps(seen.Steps)}",
        KnowledgeAsked asked => string.Create(
            CultureInfo.InvariantCulture, $"{$"after {asked.Step}",-20}asked: {(asked.Answer.Right ? "right" : "wrong")} \"{asked.Answer.Prediction}\" (confidence {asked.Answer.Confidence:0.00})"),
        _ => throw new ArgumentOutOfRangeException(nameof(moment)),
    };

    /// <summary>A moment as JSON.</summary>
    public static JsonObject Json(KnowledgeMoment moment) => moment switch
    {
        KnowledgeSeen seen => new JsonObject
        {
            ["what"] = "seen",
            ["first_step"] = seen.First,
            ["step"] = seen.Step,
            ["times"] = seen.Steps.Count,
            ["steps"] = new JsonArray([.. seen.Steps.Select(step => (JsonNode)step)]),
        },
        KnowledgeAsked asked => new JsonObject
        {
            ["what"] = "asked",
            ["step"] = asked.Step,
            ["attempt"] = asked.Head.Attempt,
            ["right"] = asked.Answer.Right,
            ["prediction"] = asked.Answer.Prediction,
            ["confidence"] = asked.Answer.Confidence,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(moment)),
    };

    private static string Stretch(KnowledgeSeen seen) => seen.First == seen.Step ? $"{seen.Step}" : $"{seen.First} to {seen.Step}";

    private static string Steps(IReadOnlyList<long> steps) =>
        string.Join(", ", steps.Take(MostSteps)) + (steps.Count > MostSteps ? $" and {steps.Count - MostSteps} more" : "");
}
