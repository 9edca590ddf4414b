using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Cli.Local;
using Orchestrator.Core;

namespace Orchestrator.Cli.Jobs;

/// <summary>Runs work that needs the tensor engine or native code in a process of its own: <c>orchestrator-worker job NAME</c>.</summary>
/// <remarks>The request is one line of JSON on its standard input, its events are JSON lines on its standard output.</remarks>
internal static class JobProcess
{
    /// <summary>How requests are written.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Runs a job to its end.</summary>
    /// <param name="name">The job.</param>
    /// <param name="request">One of the records of Orchestrator.Core.Jobs.</param>
    /// <param name="threads">Compute threads.</param>
    /// <param name="log">Takes what the job says on standard error, or null to drop it.</param>
    /// <param name="onEvent">Called for each event but errors.</param>
    /// <param name="cancellationToken">Kills the job.</param>
    /// <exception cref="BadInputException">The job says that its input cannot be used.</exception>
    /// <exception cref="JobFailedException">It failed otherwise.</exception>
    public static async Task RunAsync(
        string name, object request, int threads, string? log, Action<JsonElement> onEvent, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Programs.Worker, ["job", name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (variable, value) in WorkerEnvironment.For(threads, token: null, Environment.GetEnvironmentVariable))
        {
            start.Environment[variable] = value;
        }

        using var process = Process.Start(start)!;
        using var killed = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        var diagnostics = CopyAsync(process.StandardError, log);
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, request.GetType(), Json).AsMemory(), cancellationToken);
        await process.StandardInput.FlushAsync(cancellationToken);

        string? error = null;
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            using var document = Parse(name, line);
            if (document.RootElement.GetProperty("event").GetString() == "error")
            {
                error = document.RootElement.GetProperty("message").GetString();
            }
            else
            {
                onEvent(document.RootElement);
            }
        }

        await process.WaitForExitAsync(CancellationToken.None);
        var lastWords = await diagnostics;
        cancellationToken.ThrowIfCancellationRequested();
        switch (process.ExitCode)
        {
            case Hosting.ExitCodes.Done:
                return;
            case Hosting.ExitCodes.BadInput:
                throw new BadInputException(error ?? $"The job {name} refused its input: {lastWords}");
            default:
                throw new JobFailedException(error ?? $"The job {name} ended with exit code {process.ExitCode}: {lastWords}");
        }
    }

    private static JsonDocument Parse(string job, string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw new JobFailedException($"The job {job} printed a line that is no JSON: {line}", e);
        }
    }

    private static async Task<string> CopyAsync(StreamReader from, string? log)
    {
        if (log is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        }

        await using var to = log is null ? null : new StreamWriter(log, append: true);
        var last = "";
        while (await from.ReadLineAsync() is { } line)
        {
            last = line.Length > 0 ? line : last;
            if (to is not null)
            {
                await to.WriteLineAsync(line);
                await to.FlushAsync();
            }
        }

        return last;
    }
}

/// <summary>A job failed; its message is a sentence for people.</summary>
internal sealed class JobFailedException(string message, Exception? inner = null) : Exception(message, inner);
