using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Core.Evaluation.Breakdown;

namespace Orchestrator.Cli.Display;

/// <summary>A breakdown of an evaluation as tables.</summary>
internal static class BreakdownText
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>A job's event <c>breakdown</c>.</summary>
    public static EvaluationBreakdown Read(JsonElement happened) => happened.Deserialize<EvaluationBreakdown>(s_json)!;

    /// <summary>The same event.</summary>
    public static JsonObject Event(EvaluationBreakdown breakdown)
    {
        var happened = JsonSerializer.SerializeToNode(breakdown, s_json)!.AsObject();
        happened.Insert(0, "event", "breakdown");
        return happened;
    }

    /// <summary>The tables.</summary>
    public static string Of(EvaluationBreakdown breakdown)
    {
        var text = new StringBuilder();
        Line(breakdown.Metric, "questions", "right %");
        Row(breakdown.All);
        foreach (var table in breakdown.Tables)
        {
            Line($"\nby {table.Name}", "", "");
            foreach (var row in table.Rows)
            {
                Row(row);
            }
        }

        Line("\nconfidence", "questions", "right %", "confident %");
        foreach (var bin in breakdown.Calibration.Bins.Where(bin => bin.Questions > 0))
        {
            Line($"  {bin.Above:F1} to {bin.UpTo:F1}", bin.Questions, Percent(bin.Accuracy), Percent(bin.Confidence));
        }

        Line("  calibration error", "", Percent(breakdown.Calibration.Error));
        Line("\nmost confident", "questions", "right %", "confidence");
        foreach (var point in breakdown.Calibration.Coverage)
        {
            Line($"  {100 * point.Coverage:F0} %", point.Questions, Percent(point.Accuracy), point.Confidence.ToString("F3", CultureInfo.InvariantCulture));
        }

        return text.ToString().TrimEnd();

        void Row(BreakdownRow row) => Line("  " + row.Name, row.Questions, row.Accuracy.ToString("F1", CultureInfo.InvariantCulture));

        void Line(string name, params object[] cells) =>
            text.Append($"{name,-22}{string.Concat(cells.Select(cell => string.Create(CultureInfo.InvariantCulture, $"{cell,12}")))}".TrimEnd()).Append('\n');
    }

    private static string Percent(double part) => (100 * part).ToString("F1", CultureInfo.InvariantCulture);
}
