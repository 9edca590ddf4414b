using System.CommandLine;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Local;
using Orchestrator.Core;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Commands;

/// <summary>How a command finds its coordinator: by URL and token, or by the folder of a run on this machine.</summary>
/// <param name="isChoice">
/// Whether the command starts a coordinator here unless one is named. Then its option alone names one: what is written and where must not depend on what else a
/// shell is used for. Nor is a local run's folder named in place of a URL.
/// </param>
internal sealed class CoordinatorOptions(bool isChoice = false)
{
    /// <summary>Where a coordinator listens unless told otherwise.</summary>
    public const string DefaultUrl = "http://127.0.0.1:7070";

    private readonly Option<string?> _url = new("--coordinator")
    {
        Description = "The coordinator's URL, or those of several joined by commas " + (isChoice
            ? "(left out: one is started here, with workers, whatever ORCHESTRATOR_COORDINATOR says)"
            : $"(else ORCHESTRATOR_COORDINATOR, else {DefaultUrl})"),
        HelpName = "URL",
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = isChoice ? "With --coordinator, a file that holds the token (else ORCHESTRATOR_TOKEN)" : "A file that holds the token (else ORCHESTRATOR_TOKEN)",
        HelpName = "FILE",
    };

    private readonly Option<string?> _out = new("--out") { Description = "The folder of a run that quickstart or train is working on here, in place of a URL and a token", HelpName = "DIR" };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public CoordinatorOptions AddTo(Command command)
    {
        command.Add(_url);
        command.Add(_tokenFile);
        if (!isChoice)
        {
            command.Add(_out);
        }

        return this;
    }

    /// <summary>Whether the command line names a coordinator.</summary>
    public bool IsNamed(ParseResult parsed) => parsed.GetValue(_url) is not null;

    /// <summary>Whether there is a token to call a coordinator with.</summary>
    public bool HasToken(ParseResult parsed) =>
        IsFolderNamed(parsed) || parsed.GetValue(_tokenFile) is not null || NonEmpty(Environment.GetEnvironmentVariable("ORCHESTRATOR_TOKEN")) is not null;

    /// <summary>The run of the folder that the command line names as it was left, where no coordinator is at work there; else null.</summary>
    public Run? Left(ParseResult parsed) =>
        IsFolderNamed(parsed) && RunFolder.At(parsed.GetValue(_out)!) is var folder && !File.Exists(folder.Endpoint) ? LeftRun.Read(folder) : null;

    /// <summary>Connects as the command line says.</summary>
    /// <exception cref="BadInputException">There is no token, no such folder, or the URL is none.</exception>
    public Connection Connect(ParseResult parsed)
    {
        if (IsFolderNamed(parsed))
        {
            return OfFolder(RunFolder.At(parsed.GetValue(_out)!));
        }

        var text = parsed.GetValue(_url) ?? NonEmpty(Environment.GetEnvironmentVariable("ORCHESTRATOR_COORDINATOR")) ?? DefaultUrl;
        var urls = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseUrl).ToList();
        return new Connection(urls, Token(parsed));
    }

    /// <summary>A coordinator's URL as the user gave it.</summary>
    public static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new BadInputException($"--coordinator must be a URL such as {DefaultUrl}, was '{text}'.");

    private bool IsFolderNamed(ParseResult parsed) => parsed.GetResult(_out) is not null && parsed.GetValue(_out) is not null;

    private static Connection OfFolder(RunFolder folder)
    {
        if (!File.Exists(folder.Token))
        {
            throw new BadInputException($"--out: {folder.Root} holds no run; name the folder that quickstart or train was given.");
        }

        if (!File.Exists(folder.Endpoint) || !Uri.TryCreate(File.ReadAllText(folder.Endpoint).Trim(), UriKind.Absolute, out var url))
        {
            throw new BadInputException($"No coordinator is at work in {folder.Root}; 'orchestrator resume {folder.Root}' goes on with its run.");
        }

        return new Connection(url, File.ReadAllText(folder.Token).Trim());
    }

    private string Token(ParseResult parsed)
    {
        if (parsed.GetValue(_tokenFile) is { } file)
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : throw new BadInputException($"--token-file: {file} does not exist.");
        }

        return NonEmpty(Environment.GetEnvironmentVariable("ORCHESTRATOR_TOKEN"))
            ?? throw new BadInputException(isChoice
                ? "No token: set ORCHESTRATOR_TOKEN or name a file with --token-file."
                : "No token: set ORCHESTRATOR_TOKEN, name a file with --token-file, or name a local run's folder with --out.");
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
