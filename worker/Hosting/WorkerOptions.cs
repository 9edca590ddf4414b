using Orchestrator.Core;

namespace Orchestrator.Worker.Hosting;

/// <summary>What a worker process is told on its command line.</summary>
internal sealed record WorkerOptions
{
    /// <summary>Where the coordinators are, of which one leads.</summary>
    public required IReadOnlyList<Uri> Coordinators { get; init; }

    /// <summary>The token sent with every call.</summary>
    public required string Token { get; init; }

    /// <summary>What it computes on: cpu.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>What schedulers may ask for.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The address that peers reach this worker under; null: the one by which it reaches the coordinator.</summary>
    public string? PeerAddress { get; init; }

    /// <summary>The step at which this worker flips a bit, for tests of what finds it; null: none. No help names the option.</summary>
    public long? FlipAtStep { get; init; }

    /// <summary>Reads the command line after <c>run</c>.</summary>
    /// <exception cref="BadInputException">Something is missing, unknown or malformed.</exception>
    public static WorkerOptions Parse(ReadOnlySpan<string> args)
    {
        IReadOnlyList<Uri> coordinators = [];
        string? tokenFile = null, peerAddress = null;
        long? flipAtStep = null;
        var device = "cpu";
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new BadInputException($"{args[i]} needs a value.");
            switch (args[i])
            {
                case "--coordinator":
                    coordinators = [.. value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(url =>
                        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                            ? new Uri(url)
                            : throw new BadInputException($"--coordinator must be a URL such as http://127.0.0.1:7070, or several joined by commas, was '{value}'."))];
                    break;
                case "--token-file":
                    tokenFile = value;
                    break;
                case "--device":
                    device = value == "cpu"
                        ? value
                        : throw new BadInputException($"--device must be cpu, was '{value}': this version trains on CPUs only.");
                    break;
                case "--inject-flip":
                    flipAtStep = long.TryParse(value, out var step) ? step : throw new BadInputException($"--inject-flip must be a step, was '{value}'.");
                    break;
                case "--peer-address":
                    peerAddress = value;
                    break;
                case "--labels":
                    foreach (var label in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
                    {
                        var parts = label.Split('=', 2);
                        labels[parts[0]] = parts.Length == 2 ? parts[1] : throw new BadInputException($"--labels must be key=value pairs joined by commas, was '{value}'.");
                    }

                    break;
                default:
                    throw new BadInputException($"There is no option {args[i]}; the options are --coordinator, --token-file, --device, --labels and --peer-address.");
            }
        }

        return new WorkerOptions
        {
            Coordinators = coordinators.Count > 0
                ? coordinators
                : throw new BadInputException("--coordinator is missing: name the coordinator's URL, such as http://127.0.0.1:7070."),
            Token = ReadToken(tokenFile),
            Device = device,
            Labels = labels,
            PeerAddress = peerAddress,
            FlipAtStep = flipAtStep,
        };
    }

    private static string ReadToken(string? file)
    {
        string? token;
        try
        {
            token = file is null ? Environment.GetEnvironmentVariable("ORCHESTRATOR_TOKEN") : File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--token-file {file} cannot be read: {error.Message}", error);
        }

        return string.IsNullOrWhiteSpace(token)
            ? throw new BadInputException("There is no token: set ORCHESTRATOR_TOKEN or name a file with --token-file.")
            : token.Trim();
    }
}
