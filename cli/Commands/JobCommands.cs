using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Runs a job for a command: its events as JSON lines, or each as the text that the command makes of it.</summary>
internal static class JobCommands
{
    /// <summary>Runs it.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="name">The job.</param>
    /// <param name="request">What it is asked.</param>
    /// <param name="json">Whether its events go out as they are.</param>
    /// <param name="text">An event as text, or null for nothing. Progress is not among them: it goes to standard error of a terminal.</param>
    /// <param name="threads">Compute threads; null: one per processor.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(CommandContext context, string name, object request, bool json, Func<JsonElement, string?> text, int? threads = null)
    {
        var clock = context.Clock;
        long? last = null;
        var stage = "";
        await JobProcess.RunAsync(name, request, threads ?? Environment.ProcessorCount, log: null, happened =>
        {
            if (json)
            {
                context.Terminal.Out.WriteLine(RunEventJson.Line(JsonObject.Create(happened)!));
                context.Terminal.Out.Flush();
            }
            else if (happened.GetProperty("event").GetString() == "progress")
            {
                var now = happened.GetProperty("stage").GetString()!;
                if (now != stage || last is null || clock.GetElapsedTime(last.Value) > TimeSpan.FromSeconds(2))
                {
                    (stage, last) = (now, clock.GetTimestamp());
                    context.Terminal.Error.WriteLine(ProgressLine(happened));
                }
            }
            else if (text(happened) is { } line)
            {
                context.Terminal.Out.WriteLine(line);
            }
        }, context.Interrupts.Soft);
        return ExitCodes.Done;
    }

    private static string ProgressLine(JsonElement progress)
    {
        var total = progress.TryGetProperty("total", out var t) && t.ValueKind == JsonValueKind.Number ? $" of {t.GetInt64()}" : "";
        return $"{progress.GetProperty("stage").GetString()}: {progress.GetProperty("done").GetInt64()}{total} {progress.GetProperty("unit").GetString()}";
    }
}
