using Orchestrator.Core;
using Orchestrator.Core.Specs;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>Reads the command line of <c>orchestrator-coordinator</c>.</summary>
internal static class CoordinatorArguments
{
    public const string TokenVariable = "ORCHESTRATOR_TOKEN";

    public const string Usage = """
        usage: orchestrator-coordinator --data DIR [--listen URL] [--token-file FILE] [--json-log]

          --data DIR         where it keeps its state; DIR/endpoint names its URL while it serves
          --listen URL       where it listens; default http://127.0.0.1:7070, port 0: any that is free
          --token-file FILE  the token that every call must carry; or set ORCHESTRATOR_TOKEN
          --json-log         log lines as JSON
        """;

    private static readonly string[] s_options = ["--data", "--listen", "--token-file", "--json-log"];

    /// <exception cref="BadInputException">Something is missing, unknown or wrong.</exception>
    public static CoordinatorSettings Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        string? data = null, tokenFile = null;
        var listen = new Uri("http://127.0.0.1:7070");
        var json = false;
        for (var i = 0; i < args.Count; i++)
        {
            string Value() => i + 1 < args.Count ? args[++i] : throw new BadInputException($"{args[i]} needs a value; see --help.");
            switch (args[i])
            {
                case "--data":
                    data = Value();
                    break;
                case "--listen":
                    listen = Address(Value());
                    break;
                case "--token-file":
                    tokenFile = Value();
                    break;
                case "--json-log":
                    json = true;
                    break;
                default:
                    var nearest = NearestName.Of(args[i], s_options);
                    throw new BadInputException($"{args[i]} is not a known option{(nearest is null ? "; see --help" : $"; did you mean {nearest}?")}");
            }
        }

        return new CoordinatorSettings
        {
            Listen = listen,
            DataFolder = Path.GetFullPath(data ?? throw new BadInputException("--data is missing: name the folder where the coordinator keeps its state.")),
            Token = Token(tokenFile, environment),
            JsonLog = json,
        };
    }

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.AbsolutePath == "/"
            ? url
            : throw new BadInputException($"--listen must be like http://127.0.0.1:7070, was {text}");

    private static string Token(string? file, Func<string, string?> environment)
    {
        string? token;
        try
        {
            token = file is null ? environment(TokenVariable) : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"--token-file {file} cannot be read: {e.Message}", e);
        }

        return string.IsNullOrWhiteSpace(token)
            ? throw new BadInputException(file is null
                ? $"No token: set {TokenVariable} or name a file with --token-file; the coordinator does not serve without one."
                : $"--token-file {file} is empty; put a token in it.")
            : token.Trim();
    }
}
