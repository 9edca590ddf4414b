using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Display;

/// <summary>What a run's worker-seconds went to. They are each in exactly one row, so the rows add up to the time that all workers were there.</summary>
internal static class Goodput
{
    /// <summary>The rows, the useful ones first.</summary>
    public static IReadOnlyList<(string Name, double Seconds)> Rows(WorkerTimes spent) =>
    [
        ("compute", spent.Compute),
        ("exchange", spent.Exchange),
        ("update", spent.Update),
        ("peer_wait", spent.PeerWait),
        ("input_wait", spent.InputWait),
        ("checkpoint_stall", spent.CheckpointStall),
        ("evaluation", spent.Evaluation),
        ("recovery", spent.Recovery),
        ("start", spent.Start),
        ("waiting", spent.Waiting),
        ("control", spent.Control),
    ];

    /// <summary>The share of compute, exchange and update, and every row in seconds.</summary>
    public static JsonObject? Json(WorkerTimes? spent)
    {
        if (spent is null)
        {
            return null;
        }

        var rows = Rows(spent);
        var total = rows.Sum(row => row.Seconds);
        var json = new JsonObject { ["share"] = Share(rows, total), ["worker_seconds"] = total };
        foreach (var (name, seconds) in rows)
        {
            json[name] = seconds;
        }

        return json;
    }

    /// <summary>A table, a row each that has any time.</summary>
    public static string Table(WorkerTimes spent)
    {
        var rows = Rows(spent);
        var total = rows.Sum(row => row.Seconds);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"goodput",-12}{Share(rows, total):0.0%} of {total:0.0} worker-seconds");
        foreach (var (name, seconds) in rows.Where(row => row.Seconds >= 0.0005 * total && row.Seconds > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {name.Replace('_', ' '),-18}{seconds,10:0.0} s {seconds / total,7:0.0%}");
        }

        return text.ToString();
    }

    private static double Share(IReadOnlyList<(string Name, double Seconds)> rows, double total) => total > 0 ? rows.Take(3).Sum(row => row.Seconds) / total : 0;
}
