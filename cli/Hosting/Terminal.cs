using Spectre.Console;

namespace Orchestrator.Cli.Hosting;

/// <summary>Where a command writes: results to <see cref="Out"/>, one sentence a fault to <see cref="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Screen">The terminal behind standard output, or null where it is a file or a pipe.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, IAnsiConsole? Screen)
{
    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        var plain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        return new Terminal(Console.Out, Console.Error, plain ? null : AnsiConsole.Console);
    }
}
