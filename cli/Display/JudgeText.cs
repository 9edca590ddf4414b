using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Core.Knowledge.ClosedBook.Judging;

namespace Orchestrator.Cli.Display;

/// <summary>A report of judges as text.</summary>
internal static class JudgeText
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The report as an event.</summary>
    public static JsonObject Event(JudgeReport report)
    {
        var happened = JsonSerializer.SerializeToNode(report, s_json)!.AsObject();
        happened.Insert(0, "event", "report");
        return happened;
    }

    /// <summary>The report as lines.</summary>
    public static string Of(JudgeReport report)
    {
        var sample = report.Sample;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{sample.Metric} {report.Score:F1} % of {sample.Questions} questions; {sample.Sample} of {sample.Questions - sample.Right} wrong answers to judge, seed {sample.Seed}\n");
        foreach (var judge in report.Judges)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{judge.Judge}: {judge.Judged} judged\n");
            Line("true negative", judge.TrueNegative, judge.Judged);
            Line("phrasing", judge.Phrasing, judge.Judged);
            Line("incomplete annotation", judge.IncompleteAnnotation, judge.Judged);
            Line("unanswerable", judge.Unanswerable, judge.Judged);
            text.Append(judge.Adjusted is { } adjusted ? string.Create(CultureInfo.InvariantCulture, $"  {"adjusted score",-24}{adjusted,12:F1} %\n") : "");
        }

        foreach (var two in report.Agreements)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{two.First} and {two.Second}: the same verdict on {two.Agreed} of {two.Both}");
            text.Append(two.Kappa is { } kappa ? string.Create(CultureInfo.InvariantCulture, $", Cohen's kappa {kappa:F3}") : "");
        }

        return text.ToString().TrimEnd();

        void Line(string name, int count, int judged) =>
            text.Append(CultureInfo.InvariantCulture, $"  {name,-24}{count,6}{(judged == 0 ? 0 : 100.0 * count / judged),6:F1} %\n");
    }
}
