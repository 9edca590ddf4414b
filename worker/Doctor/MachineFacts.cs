namespace Orchestrator.Worker.Doctor;

/// <summary>What the kernel says of this machine.</summary>
/// <param name="Processor">Its model.</param>
/// <param name="Instructions">The vector and matrix instructions that matter to speed.</param>
/// <param name="Cores">Processors that this process may use.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
/// <param name="Load">Processes that ran or waited to run, averaged over the last minute; above <paramref name="Cores"/>, rates mean little.</param>
internal sealed record MachineFacts(string Processor, IReadOnlyList<string> Instructions, int Cores, long MemoryBytes, double Load)
{
    private static readonly string[] s_telling = ["avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16"];

    /// <summary>Reads them.</summary>
    public static MachineFacts Read() => new(
        Field("model name") ?? "unknown",
        [.. s_telling.Intersect((Field("flags") ?? Field("Features") ?? "").Split(' '), StringComparer.Ordinal)],
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0]));

    private static string? Field(string name) => File.ReadLines("/proc/cpuinfo")
        .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
        .FirstOrDefault(parts => parts.Length == 2 && parts[0] == name)?[1];
}
