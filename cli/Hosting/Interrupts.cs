using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Hosting;

/// <summary>Ctrl-C and SIGTERM: the first asks to stop well, the second to stop now.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _soft = new();
    private readonly CancellationTokenSource _hard = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Cancelled at the first interrupt.</summary>
    public CancellationToken Soft => _soft.Token;

    /// <summary>Cancelled at the second.</summary>
    public CancellationToken Hard => _hard.Token;

    /// <summary>Listens to this process's signals.</summary>
    public static Interrupts OfProcess()
    {
        var interrupts = new Interrupts();
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            interrupts._registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                interrupts.Interrupt();
            }));
        }

        return interrupts;
    }

    /// <summary>Counts one interrupt.</summary>
    public void Interrupt()
    {
        if (_soft.IsCancellationRequested)
        {
            _hard.Cancel();
        }
        else
        {
            _soft.Cancel();
        }
    }

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _soft.Dispose();
        _hard.Dispose();
    }
}
