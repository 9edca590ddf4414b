namespace Orchestrator.Cli.Hosting;

/// <summary>Exit codes, the same for every program of the product.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int DiskFull = 3;
    public const int Interrupted = 130;
}
