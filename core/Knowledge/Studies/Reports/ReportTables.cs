using System.Globalization;
using System.Text;
using Orchestrator.Core.Knowledge.Bios;

namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The numbers of a report as tables.</summary>
internal static class ReportTables
{
    private static readonly StageKind[] s_runs = [StageKind.Pretrain, StageKind.Finetune];

    /// <summary>A row a cell, as CSV (RFC 4180).</summary>
    public static string Results(IReadOnlyList<BioCellResult> cells)
    {
        List<string> head =
        [
            "arm", "model", "seed", "variant", "people", "celebrities", "qa_share", "under_trained", "memory_first", "memory_whole",
            "extraction_mean_of_five", "extraction_mean", "extraction_trained_mean_of_five", "majority_mean_of_five", "bits_per_parameter", "published_mean_of_five", "published_mean",
            .. BioAttributes.All.Select(attribute => $"memory_{attribute.Name()}"),
            .. BioAttributes.All.Select(attribute => $"extraction_{attribute.Name()}"),
            .. BioAttributes.All.Select(attribute => $"published_{attribute.Name()}"),
            .. s_runs.SelectMany(run => new[] { "steps", "seconds", "spec_digest", "weights_digest" }.Select(what => $"{StudyStage.Word(run)}_{what}")),
        ];
        return Csv(head, cells.Select(Row));
    }

    /// <summary>A row a probe, position and attribute, as CSV.</summary>
    public static string Probes(IReadOnlyList<BioCellResult> cells) => Csv(
        ["arm", "model", "seed", "probe", "position", "attribute", "first", "whole"],
        cells.SelectMany(cell => ProbeRows(cell, "position", cell.PositionProbe).Concat(ProbeRows(cell, "question", cell.QuestionProbe))));

    /// <summary>The stages that each cell's numbers came from, as an HTML table, and below it the spec of every run.</summary>
    /// <param name="cells">The results.</param>
    /// <param name="spec">The spec of a stage that is a run, where it is at hand.</param>
    public static string Origins(IReadOnlyList<IStudyResult> cells, Func<StageRecord, string?>? spec = null)
    {
        var text = new StringBuilder("<table>\n<thead><tr><th>Model</th><th class=\"text\">Stage</th><th>Seconds</th><th>Steps</th><th class=\"text\">Stage digest</th><th class=\"text\">Spec digest</th><th class=\"text\">Weights digest</th></tr></thead>\n<tbody>\n");
        foreach (var cell in cells)
        {
            foreach (var (place, stage) in cell.Stages.Index())
            {
                text.Append(CultureInfo.InvariantCulture, $"<tr><td>{(place == 0 ? Svg.Escape(cell.Title) : "")}</td><td class=\"text\">{StudyStage.Word(stage.Kind)}</td>");
                text.Append(CultureInfo.InvariantCulture, $"<td>{stage.Seconds:0.0}</td><td>{stage.Steps}</td>{Digest(stage.Digest)}{Digest(stage.SpecDigest)}{Digest(stage.WeightsDigest)}</tr>\n");
            }
        }

        text.Append("</tbody>\n</table>\n");
        foreach (var (cell, stage) in cells.SelectMany(cell => cell.Stages.Select(stage => (cell, stage))).DistinctBy(one => one.stage.Digest))
        {
            if (spec?.Invoke(stage) is { } yaml)
            {
                text.Append(CultureInfo.InvariantCulture, $"<details><summary>{Svg.Escape(cell.Title)}: spec of {StudyStage.Word(stage.Kind)} {Code(stage.Digest)}</summary>\n<pre>{Svg.Escape(yaml)}</pre></details>\n");
            }
        }

        return text.ToString();
    }

    private static string Digest(string? digest) => digest is null
        ? "<td></td>"
        : $"<td class=\"text\">{Code(digest)}</td>";

    private static string Code(string digest) => $"<code title=\"{Svg.Escape(digest)}\">{Svg.Escape(digest.Length > 16 ? digest[..16] + "…" : digest)}</code>";

    private static IEnumerable<object?> Row(BioCellResult cell)
    {
        var published = PublishedArm.Of(cell);
        return
        [
            cell.Arm, cell.Model, cell.Seed, cell.Variant, cell.People, cell.Celebrities, cell.QaShare, cell.IsUnderTrained ? "yes" : "no",
            cell.Memory.FirstMean, cell.Memory.WholeMean, cell.Extraction.HeldOutMeanOfFive, cell.Extraction.HeldOutMean,
            cell.Extraction.TrainedMeanOfFive, cell.Majority.MeanOfFive, cell.Capacity?.BitsPerParameter, published?.MeanOfFive, published?.Mean,
            .. BioAttributes.All.Select(attribute => (object?)cell.Memory.First[attribute.Name()]),
            .. BioAttributes.All.Select(attribute => (object?)cell.Extraction.HeldOut[attribute.Name()]),
            .. BioAttributes.All.Select(attribute => (object?)published?.Answers?[(int)attribute]),
            .. s_runs.Select(cell.Stage).SelectMany(run => new object?[] { run?.Steps, run?.Seconds, run?.SpecDigest, run?.WeightsDigest }),
        ];
    }

    private static IEnumerable<IEnumerable<object?>> ProbeRows(BioCellResult cell, string kind, BioProbeResult? probe)
    {
        for (var position = 0; position < (probe?.First.Count ?? 0); position++)
        {
            foreach (var attribute in BioAttributes.All)
            {
                yield return [cell.Arm, cell.Model, cell.Seed, kind, position, attribute.Name(), probe!.First[position][(int)attribute], probe.Whole[position][(int)attribute]];
            }
        }
    }

    /// <summary>Rows as CSV (RFC 4180).</summary>
    public static string Csv(IEnumerable<string> head, IEnumerable<IEnumerable<object?>> rows)
    {
        var text = new StringBuilder().AppendJoin(',', head).Append('\n');
        foreach (var row in rows)
        {
            text.AppendJoin(',', row.Select(Field)).Append('\n');
        }

        return text.ToString();
    }

    private static string Field(object? value) => value switch
    {
        null => "",
        double number => number.ToString("0.####", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString()!.IndexOfAny([',', '"', '\n']) >= 0 ? $"\"{other.ToString()!.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : other.ToString()!,
    };
}
