using Orchestrator.Core;
using Orchestrator.Core.Specs;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>Reads the command line of <c>orchestrator-coordinator</c>.</summary>
internal static class CoordinatorArguments
{
    public const string TokenVariable = "ORCHESTRATOR_TOKEN";

    public const string DatabaseVariable = "ORCHESTRATOR_DATABASE";

    public const string Usage = """
        usage: orchestrator-coordinator --data DIR [--listen URL] [--token-file FILE] [--database CONNECTION [--advertise URL]] [--json-log]

          --data DIR         where it keeps its state; DIR/endpoint names its URL while it serves
          --listen URL       where it listens; default http://127.0.0.1:7070, port 0: any that is free
          --token-file FILE  the token that every call must carry; or set ORCHESTRATOR_TOKEN
          --database CONNECTION
                             a PostgreSQL database in place of a file in DIR, as 'Host=db;Username=orchestrator;Database=orchestrator'; or set
                             ORCHESTRATOR_DATABASE. Several coordinators may share one: one leads, the others take over when it is gone
          --advertise URL    the URL by which others reach it; default: that of --listen
          --json-log         log lines as JSON
        """;

    private static readonly string[] s_options = ["--data", "--listen", "--token-file", "--database", "--advertise", "--json-log"];

    /// <exception cref="BadInputException">Something is missing, unknown or wrong.</exception>
    public static CoordinatorSettings Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        string? data = null, tokenFile = null, database = null;
        Uri? advertise = null;
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
                    listen = Address("--listen", Value());
                    break;
                case "--advertise":
                    advertise = Address("--advertise", Value());
                    break;
                case "--database":
                    database = Value();
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

        database ??= environment(DatabaseVariable) is { Length: > 0 } set ? set : null;
        if (database is not null && advertise is null && (listen.Port == 0 || listen.Host is "0.0.0.0" or "[::]"))
        {
            throw new BadInputException($"--advertise is missing: with --database, name the URL by which others reach this coordinator; {listen.GetLeftPart(UriPartial.Authority)} is none.");
        }

        return new CoordinatorSettings
        {
            Listen = listen,
            Database = database,
            Advertise = advertise,
            DataFolder = Path.GetFullPath(data ?? throw new BadInputException("--data is missing: name the folder where the coordinator keeps its state.")),
            Token = Token(tokenFile, environment),
            JsonLog = json,
        };
    }

    private static Uri Address(string option, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.AbsolutePath == "/"
            ? url
            : throw new BadInputException($"{option} must be like http://127.0.0.1:7070, was {text}");

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
