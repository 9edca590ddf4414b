namespace Orchestrator.Core.Runs;

/// <summary>The limits by which runs are placed and workers are judged.</summary>
public sealed record ClusterOptions
{
    /// <summary>A worker not heard of for longer is lost. Default 1.6 s, so that it is known within 2 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(1.6);

    /// <summary>How often a worker says that it lives. Default 0.5 s: three of them fit into <see cref="Silence"/>.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a run that has its minimum of workers waits for more. Default 1 s.</summary>
    public TimeSpan PlacementGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After a restart of the coordinator: how long workers have to come back. Default 3 s, three times their longest pause between attempts.</summary>
    public TimeSpan ReattachGrace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>And so much longer for each of them, since they come all at once. Default 2 ms: 23 s in all for ten thousand.</summary>
    public TimeSpan ReattachGracePerWorker { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>After a restart of the coordinator: how long a run that is between generations waits for whoever holds its newest step. Default 1.5 s, above their longest pause between attempts.</summary>
    public TimeSpan HolderGrace { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>A broken generation's ranks that have not left after this long are taken along as they are. Default 3 s, above <see cref="Silence"/>.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A run trains at least this long before it is stopped to grow. Default 10 s.</summary>
    public TimeSpan GrowAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A worker that was asked to make itself ready and did not say that it has is taken as it is after this long. Default 20 s.</summary>
    public TimeSpan PreparePatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a worker that was replaced for being slow is not taken back while others suffice. Default 60 s.</summary>
    public TimeSpan Bench { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long two workers that could not reach each other are kept out of one generation; twice as long each time that it is found again. Default 30 s.</summary>
    public TimeSpan Separation { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that two workers are kept apart before they are tried again. Default 10 min.</summary>
    public TimeSpan LongestSeparation { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How much work is planned ahead, so that a restart of the coordinator stops nobody. Default 10 s.</summary>
    public TimeSpan PlanAhead { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>At least this many steps are planned ahead. Default 64.</summary>
    public int MinPlanAheadSteps { get; init; } = 64;

    /// <summary>At most this many steps are planned ahead. Default 512, below the number of reports that a worker keeps.</summary>
    public int MaxPlanAheadSteps { get; init; } = 512;

    /// <summary>So many generations in a row that break without a lost worker and without a step fail the run. Default 5.</summary>
    public int FruitlessGenerations { get; init; } = 5;
}
