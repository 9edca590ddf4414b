using System.Text.Json;
using Orchestrator.Cli.Local;
using Orchestrator.Core;

namespace Orchestrator.Cli.Quickstart;

/// <summary>What a quickstart was asked to do; kept in its folder, so that it can be gone on with.</summary>
internal sealed record QuickstartFolder
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Where the text comes from.</summary>
    public required string Text { get; init; }

    /// <summary>Steps of the run.</summary>
    public required long Steps { get; init; }

    /// <summary>The run's seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Whether a quickstart was begun in a folder.</summary>
    public static bool IsOne(RunFolder folder) => File.Exists(PathIn(folder));

    /// <summary>Takes up the quickstart of a folder, or begins one there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="asked">What the command line says; null where it says nothing.</param>
    /// <param name="fresh">What a new one takes where the command line says nothing.</param>
    /// <exception cref="BadInputException">One was begun there with other text or another seed, or the folder holds another run.</exception>
    public static QuickstartFolder TakeUp(RunFolder folder, (string? Text, long? Steps, long? Seed) asked, Func<QuickstartFolder> fresh)
    {
        if (!IsOne(folder) && folder.HasRun)
        {
            throw new BadInputException($"{folder.Root} holds a run that is no quickstart; name another folder with --out, or go on with it: orchestrator resume {folder.Root}");
        }

        var known = IsOne(folder) ? Read(folder) : null;
        if (known is not null && asked.Text is { } text && Path.GetFullPath(text) != known.Text)
        {
            throw new BadInputException($"--text: the quickstart in {folder.Root} was begun with {known.Text}; name another folder with --out.");
        }

        if (known is not null && asked.Seed is { } seed && seed != known.Seed)
        {
            throw new BadInputException($"--seed: the quickstart in {folder.Root} was begun with seed {known.Seed}; name another folder with --out.");
        }

        var settled = (known ?? fresh()) with { };
        settled = asked.Steps is { } steps ? settled with { Steps = steps } : settled;
        Directory.CreateDirectory(folder.Root);
        File.WriteAllText(PathIn(folder), JsonSerializer.Serialize(settled, s_json) + "\n");
        return settled;
    }

    private static QuickstartFolder Read(RunFolder folder)
    {
        try
        {
            return JsonSerializer.Deserialize<QuickstartFolder>(File.ReadAllText(PathIn(folder)), s_json)!;
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{PathIn(folder)} cannot be read ({e.Message}); name another folder with --out.", e);
        }
    }

    private static string PathIn(RunFolder folder) => Path.Combine(folder.Root, "quickstart.json");
}
