using System.Globalization;

namespace Orchestrator.Bench.Coordinator;

/// <summary>What a process has used so far, from /proc.</summary>
/// <param name="Processor">Processor time.</param>
/// <param name="ResidentMegabytes">Memory in use now.</param>
/// <param name="PeakMegabytes">The most it ever used.</param>
internal sealed record CoordinatorUsage(TimeSpan Processor, long ResidentMegabytes, long PeakMegabytes)
{
    private const double TicksPerSecond = 100;

    /// <summary>Of the process whose number a file holds.</summary>
    public static CoordinatorUsage Of(string processFile)
    {
        var process = File.ReadAllText(processFile).Trim();
        // After the name in parentheses come the state and then numbers; the 12th and 13th of all that are ticks in user and system mode.
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var status = File.ReadAllLines($"/proc/{process}/status");
        long Megabytes(string name) => long.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        return new CoordinatorUsage(TimeSpan.FromSeconds(ticks / TicksPerSecond), Megabytes("VmRSS:"), Megabytes("VmHWM:"));
    }
}
