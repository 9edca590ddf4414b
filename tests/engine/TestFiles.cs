using System.Runtime.CompilerServices;
using Xunit;

namespace Orchestrator.Tests;

/// <summary>Files that tests read: those of the repository, and larger ones where they are present.</summary>
internal static class TestFiles
{
    /// <summary>The repository's root.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", ".."));

    /// <summary>A file of tests/golden.</summary>
    public static string Golden(string name) => Path.Combine(Root, "tests", "golden", name);

    /// <summary>A file of the folder GOLDEN_DIR names, or of ../shared/golden; the test is skipped where there is none.</summary>
    public static string SharedGolden(string name) => Shared("GOLDEN_DIR", "golden", name);

    /// <summary>A file of the folder DATA_DIR names, or of ../shared/data; the test is skipped where there is none.</summary>
    public static string SharedData(string name) => Shared("DATA_DIR", "data", name);

    private static string Shared(string variable, string folder, string name)
    {
        var root = Environment.GetEnvironmentVariable(variable);
        var candidates = root is not null
            ? [Path.Combine(root, name)]
            : new[] { Path.Combine(Root, "..", "shared", folder, name), Path.Combine(Root, "..", "..", "shared", folder, name) };
        var path = Array.Find(candidates, p => File.Exists(p) || Directory.Exists(p));
        Assert.SkipUnless(path is not null, $"{folder}/{name} is not on this machine");
        return path!;
    }

    private static string Here([CallerFilePath] string path = "") => path;
}

/// <summary>A folder of one test's own, gone after it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("orchestrator-test-").FullName;

    /// <summary>A path inside.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
