using Google.Protobuf;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Local;

/// <summary>A local run as its session left it, ended or paused, in a file of its folder: for whoever asks when no coordinator is at work there.</summary>
internal static class LeftRun
{
    private const string FileName = "status.json";

    /// <summary>Keeps a run's last state.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="run">The run; no worker of it is left.</param>
    public static void Write(RunFolder folder, Run run)
    {
        var left = run.Clone();
        left.Workers.Clear();
        try
        {
            File.WriteAllText(PathIn(folder), JsonFormatter.Default.Format(left) + "\n");
        }
        catch (IOException)
        {
            // The run is over, whether or not its folder has room to say so.
        }
    }

    /// <summary>The kept state; null where there is none or it is not whole.</summary>
    public static Run? Read(RunFolder folder)
    {
        try
        {
            return File.Exists(PathIn(folder)) ? JsonParser.Default.Parse<Run>(File.ReadAllText(PathIn(folder))) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The run goes on: what was kept is no longer so.</summary>
    public static void Forget(RunFolder folder) => File.Delete(PathIn(folder));

    private static string PathIn(RunFolder folder) => Path.Combine(folder.Root, FileName);
}
