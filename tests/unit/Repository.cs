namespace Orchestrator.Tests;

/// <summary>Where the repository is, seen from a test program under artifacts/bin.</summary>
internal static class Repository
{
    /// <summary>The folder that holds Orchestrator.sln.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path inside the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A file of the folder that GOLDEN_DIR names, or of tests/golden.</summary>
    public static string Golden(string name) =>
        Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } folder ? Path.Combine(folder, name) : PathOf("tests", "golden", name);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No Orchestrator.sln above {AppContext.BaseDirectory}; run the tests from the repository's artifacts folder.");
    }
}
