namespace Orchestrator.Tests.Cluster.Chaos;

/// <summary>What is done to a cluster.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL to a worker; another is started.</summary>
    KillWorker,

    /// <summary>SIGSTOP to a worker, and SIGCONT long after it was found missing.</summary>
    FreezeWorker,

    /// <summary>SIGSTOP and soon SIGCONT: nobody should mind.</summary>
    HiccupWorker,

    /// <summary>SIGTERM to a worker; another is started.</summary>
    EndWorker,

    /// <summary>Another worker comes.</summary>
    AddWorker,

    /// <summary>A worker's connection to the coordinator breaks and cannot be made again for a while.</summary>
    CutNetwork,

    /// <summary>Nothing passes between a worker and the coordinator, and nobody is told, until it was found missing.</summary>
    StallNetwork,

    /// <summary>SIGKILL to the coordinator; it is started again.</summary>
    KillCoordinator,

    /// <summary>SIGSTOP and SIGCONT to the coordinator.</summary>
    FreezeCoordinator,

    /// <summary>SIGKILL to two workers at once; others are started.</summary>
    KillTwoWorkers,

    /// <summary>SIGKILL to a worker and, at the same time, to the coordinator.</summary>
    KillWorkerAndCoordinator,

    /// <summary>No room for checkpoints for a while.</summary>
    FillDisk,

    /// <summary>Nothing passes between two workers, which both still reach the coordinator.</summary>
    CutPeers,
}

/// <summary>A fault of a schedule.</summary>
/// <param name="Kind">What.</param>
/// <param name="Gap">It comes so many committed steps after the one before it was over.</param>
/// <param name="Victim">Which of the workers, as a draw.</param>
/// <param name="Seconds">How long it lasts, where it lasts.</param>
internal sealed record Fault(FaultKind Kind, int Gap, int Victim, double Seconds)
{
    private const int LeastGap = 20;
    private const int MostGap = 60;

    /// <summary>The faults of a seed: each kind once before any comes twice.</summary>
    public static IReadOnlyList<Fault> Schedule(int seed, int count, bool disk, bool network)
    {
        var random = new Random(seed);
        var kinds = Enum.GetValues<FaultKind>().Where(kind => (disk || kind != FaultKind.FillDisk) && (network || kind != FaultKind.CutPeers)).ToArray();
        var faults = new List<Fault>();
        while (faults.Count < count)
        {
            random.Shuffle(kinds);
            foreach (var kind in kinds.Take(count - faults.Count))
            {
                var seconds = kind switch
                {
                    FaultKind.FreezeWorker or FaultKind.StallNetwork or FaultKind.CutPeers => 2.6 + random.NextDouble(),
                    FaultKind.HiccupWorker => 0.05 + (0.5 * random.NextDouble()),
                    FaultKind.FillDisk => 1 + random.NextDouble(),
                    _ => 1.5 * random.NextDouble(),
                };
                faults.Add(new Fault(kind, random.Next(LeastGap, MostGap), random.Next(1 << 20), seconds));
            }
        }

        return faults;
    }
}
