using Spectre.Console;

namespace Orchestrator.Cli.Hosting;

/// <summary>Where a command writes: results to <see cref="Out"/>, one sentence a fault to <see cref="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Screen">The terminal behind standard output, or null where it is a file or a pipe.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, IAnsiConsole? Screen)
{
    /// <summary>What is piped in; null: people press keys.</summary>
    public TextReader? In { get; init; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        var plain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";
        return new Terminal(Console.Out, Console.Error, plain ? null : AnsiConsole.Console) { In = Console.IsInputRedirected ? Console.In : null };
    }

    /// <summary>The next key, spaces and line ends of piped input left out; null: there is no more input.</summary>
    /// <param name="clock">Time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<char?> ReadKeyAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        if (In is null)
        {
            // Reading a key cannot be cancelled; looking for one can.
            while (!Console.KeyAvailable)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), clock, cancellationToken);
            }

            return Console.ReadKey(intercept: true).KeyChar;
        }

        while (true)
        {
            var read = await Task.Run(In.Read, cancellationToken).WaitAsync(cancellationToken);
            if (read < 0 || !char.IsWhiteSpace((char)read))
            {
                return read < 0 ? null : (char)read;
            }
        }
    }
}
