using System.Runtime.InteropServices;

namespace Orchestrator.Worker.Doctor;

/// <summary>The native code in this process.</summary>
internal static class NativeLibraries
{
    // What the product's libraries bring along and people choose: engine, transport, tokenizer, BLAS, threads, CUDA.
    private static readonly string[] s_telling =
    [
        "libtorch", "libLibTorchSharp", "libgloo", "libsentencepiece", "libopenblas", "libblas", "libmkl", "libgomp", "libiomp", "libomp", "libcudart", "libcublas",
    ];

    /// <summary>Loads each of the product's own libraries in a folder, as the product would when it first needs them.</summary>
    /// <returns>Each with its fault: null where it loads.</returns>
    public static IEnumerable<(string Path, string? Fault)> LoadOwn(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "liborchestrator_*.so").Order(StringComparer.Ordinal))
        {
            yield return (path, FaultOf(path));
        }
    }

    /// <summary>The files that the loader mapped and that bear on speed, by their real paths.</summary>
    /// <param name="maps">Lines of /proc/self/maps.</param>
    public static IReadOnlyList<string> Mapped(IEnumerable<string> maps) =>
    [
        .. maps.Select(line => line.IndexOf('/', StringComparison.Ordinal) is var at and >= 0 ? line[at..] : "")
            .Where(path => s_telling.Any(name => Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal)))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    private static string? FaultOf(string path)
    {
        try
        {
            _ = NativeLibrary.Load(path);
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            return error.Message;
        }
    }
}
