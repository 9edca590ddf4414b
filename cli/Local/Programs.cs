using Orchestrator.Core;

namespace Orchestrator.Cli.Local;

/// <summary>Where the product's other programs are: beside this one, or in the folder that ORCHESTRATOR_BIN names.</summary>
internal static class Programs
{
    /// <summary>The coordinator's program.</summary>
    public static string Coordinator => Find("orchestrator-coordinator");

    /// <summary>The worker's program.</summary>
    public static string Worker => Find("orchestrator-worker");

    private static string Find(string name)
    {
        var folder = Environment.GetEnvironmentVariable("ORCHESTRATOR_BIN") is { Length: > 0 } named ? named : AppContext.BaseDirectory;
        var path = Path.Combine(folder, name);
        return File.Exists(path)
            ? path
            : throw new BadInputException($"The program {name} is not in {folder}; build with ./build.sh, or name its folder in ORCHESTRATOR_BIN.");
    }
}
