using System.CommandLine;
using System.Text.Json;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Local;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Says what workers of this machine compute with.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandContext context)
    {
        var threads = new Option<int?>("--threads") { Description = "Compute threads; left out, one per processor" };
        var quick = new Option<bool>("--no-rates") { Description = "Measures nothing" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "doctor",
            "Says what workers of this machine compute with: settings, native libraries, engines, matrix product rates.",
            "orchestrator doctor",
            "orchestrator doctor --threads 1",
            "orchestrator doctor --no-rates --json")
        {
            threads, quick, json,
        };
        command.SetAction((parsed, _) =>
        {
            var count = parsed.GetValue(threads) ?? Environment.ProcessorCount;
            var request = new DoctorRequest
            {
                Threads = count,
                SetByLauncher = [.. WorkerEnvironment.For(count, token: null, Environment.GetEnvironmentVariable).Keys],
            };
            if (parsed.GetValue(quick))
            {
                request = request with { Sizes = [] };
            }

            request.Validate();
            return JobCommands.RunAsync(context, DoctorRequest.JobName, request, parsed.GetValue(json), Text, count);
        });
        return command;
    }

    private static string? Text(JsonElement happened)
    {
        return happened.GetProperty("event").GetString() switch
        {
            "machine" => Row("machine", $"{Of("processor")}, {Of("cores")} cores, {RunText.Bytes(happened.GetProperty("memory_bytes").GetInt64())}, load {Of("load")}")
                + "\n" + Row("instructions", string.Join(' ', happened.GetProperty("instructions").EnumerateArray())),
            "setting" when happened.TryGetProperty("value", out var value) => Row(Of("name"), $"{value} (set by the {Of("set_by")})"),
            "setting" => Row(Of("name"), "not set"),
            "library" => Row(Of("name"), happened.TryGetProperty("fault", out var fault) ? $"does not load: {fault}" : Of("path")),
            "engines" => Row("tensor engine", $"{Of("tensor")} over libtorch {Of("libtorch")}, {Of("threads")} threads, {Of("cuda_devices")} CUDA devices")
                + "\n" + Row("gRPC", Of("grpc")),
            "rate" => Row($"{Of("dtype")} {Of("size")}", $"{happened.GetProperty("gflops").GetDouble(),8:F1} GFLOP/s"),
            _ => null,
        };

        string Of(string name) => happened.GetProperty(name).ToString();

        static string Row(string name, string value) => $"{name,-34} {value}";
    }
}
