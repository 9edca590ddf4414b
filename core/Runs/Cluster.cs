using System.Collections.Immutable;

namespace Orchestrator.Core.Runs;

/// <summary>Everything the coordinator decides from.</summary>
public sealed record Cluster
{
    /// <summary>Nothing yet.</summary>
    public static Cluster Empty { get; } = new();

    /// <summary>By run id.</summary>
    public ImmutableSortedDictionary<string, RunRecord> Runs { get; init; } = ImmutableSortedDictionary.Create<string, RunRecord>(StringComparer.Ordinal);

    /// <summary>By worker id; workers that were lost are not in it.</summary>
    public ImmutableSortedDictionary<string, WorkerRecord> Workers { get; private init; } = ImmutableSortedDictionary.Create<string, WorkerRecord>(StringComparer.Ordinal);

    /// <summary>The ids of the workers that can be given work, by their place in line. Hot: thousands of busy workers are not gone through for each that appears.</summary>
    public ImmutableSortedDictionary<long, string> Idle { get; private init; } = ImmutableSortedDictionary<long, string>.Empty;

    /// <summary>Workers that could not reach each other, in the order in which that was found.</summary>
    public ImmutableArray<Separation> Separations { get; init; } = [];

    /// <summary>Workers seen so far: the place of the next in line.</summary>
    public long WorkersSeen { get; init; }

    /// <summary>When the clock was last looked at.</summary>
    public DateTimeOffset? LastTick { get; init; }

    /// <summary>Until when workers are coming back after a restart of the coordinator; null: there was none.</summary>
    public DateTimeOffset? ReturningUntil { get; init; }

    /// <summary>The idle workers, in line.</summary>
    public IEnumerable<WorkerRecord> IdleWorkers => Idle.Values.Select(id => Workers[id]);

    /// <summary>With this worker as it is now.</summary>
    internal Cluster With(WorkerRecord worker) => this with
    {
        Workers = Workers.SetItem(worker.Id, worker),
        Idle = worker.IsIdle ? Idle.SetItem(worker.Order, worker.Id) : Idle.Remove(worker.Order),
    };

    /// <summary>With these signs of life, which make nobody busy or idle.</summary>
    internal Cluster With(IEnumerable<KeyValuePair<string, DateTimeOffset>> heard)
    {
        var workers = Workers.ToBuilder();
        foreach (var (id, time) in heard)
        {
            if (workers.TryGetValue(id, out var worker) && worker.LastSeen < time)
            {
                workers[id] = worker with { LastSeen = time };
            }
        }

        return this with { Workers = workers.ToImmutable() };
    }

    /// <summary>Without this worker.</summary>
    internal Cluster Without(WorkerRecord worker) => this with { Workers = Workers.Remove(worker.Id), Idle = Idle.Remove(worker.Order) };
}

/// <summary>A run as the decisions see it.</summary>
public sealed record RunRecord
{
    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its place in line: smaller was submitted earlier.</summary>
    public required long Order { get; init; }

    /// <summary>Starts with this many workers.</summary>
    public required int MinWorkers { get; init; }

    /// <summary>Grows to this many.</summary>
    public required int MaxWorkers { get; init; }

    /// <summary>Steps of the run.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Where it stands.</summary>
    public RunPhase Phase { get; init; } = RunPhase.Queued;

    /// <summary>Why, in one sentence.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Since when it is in this phase.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>The newest generation; 0 before the first.</summary>
    public long Generation { get; init; }

    /// <summary>The generation's ranks, by rank; empty between generations.</summary>
    public ImmutableArray<Member> Members { get; init; } = [];

    /// <summary>Why the ranks were asked to stop, if they were.</summary>
    public DrainIntent Drain { get; init; }

    /// <summary>Since when the generation is known to be broken.</summary>
    public DateTimeOffset? BrokenSince { get; init; }

    /// <summary>What broke the generation.</summary>
    public string BrokenReason { get; init; } = "";

    /// <summary>Steps committed.</summary>
    public long Step { get; init; }

    /// <summary>Digest of the weights after <see cref="Step"/>.</summary>
    public ulong WeightsDigest { get; init; }

    /// <summary>Steps reported by some ranks and not yet committed.</summary>
    public ImmutableSortedDictionary<long, PendingStep> Pending { get; init; } = ImmutableSortedDictionary<long, PendingStep>.Empty;

    /// <summary>The first step that this generation was told the samples of.</summary>
    public long PlannedFrom { get; init; }

    /// <summary>The last step that this generation was told the samples of.</summary>
    public long PlannedThrough { get; init; }

    /// <summary>Running mean of a step's duration, seconds; 0: unknown.</summary>
    public double StepSeconds { get; init; }

    /// <summary>The newest committed checkpoint's step; 0: none.</summary>
    public long CheckpointStep { get; init; }

    /// <summary>The last step that was evaluated; 0: none.</summary>
    public long EvaluatedStep { get; init; }

    /// <summary>Committed steps when the generation began.</summary>
    public long StepAtGeneration { get; init; }

    /// <summary>Generations in a row that came to nothing.</summary>
    public int Fruitless { get; init; }

    /// <summary>Workers that said that they cannot work for this run.</summary>
    public ImmutableHashSet<string> Barred { get; init; } = [];

    /// <summary>Worker-seconds booked so far, without those of the generation that goes on.</summary>
    public WorkerTimes Spent { get; init; } = WorkerTimes.None;

    /// <summary>Up to when they are booked: the generation's begin, or the begin of the wait for one.</summary>
    public DateTimeOffset AccountedFrom { get; init; }

    /// <summary>When this was stored; null where it never was.</summary>
    public DateTimeOffset? StoredAt { get; init; }

    /// <summary>Between generations: how many workers' time passes unused.</summary>
    public int EmptySeats { get; init; }

    /// <summary>Between generations: whether the run has fewer workers than it needs.</summary>
    public bool Waits { get; init; }

    /// <summary>What broke the last generation, until training goes on.</summary>
    public Breakage? Breakage { get; init; }

    /// <summary>Whether a worker that is much slower than the others is replaced, not only named.</summary>
    public bool ReplaceStragglers { get; init; }

    /// <summary>Workers that were replaced for being slow, and until when they are not wanted.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> Benched { get; init; } = ImmutableSortedDictionary<string, DateTimeOffset>.Empty;

    /// <summary>Whether ranks are assigned.</summary>
    public bool HasMembers => Members.Length > 0;

    /// <summary>The rank of a worker in the newest generation, or -1.</summary>
    public int RankOf(string workerId)
    {
        for (var rank = 0; rank < Members.Length; rank++)
        {
            if (Members[rank].WorkerId == workerId)
            {
                return rank;
            }
        }

        return -1;
    }
}

/// <summary>A rank of a generation.</summary>
/// <param name="WorkerId">Who it is.</param>
public sealed record Member(string WorkerId)
{
    /// <summary>Whether it met its peers and agreed with them on a state.</summary>
    public bool Ready { get; init; }

    /// <summary>The last step it reported, or the state it began with.</summary>
    public long Step { get; init; }

    /// <summary>The step that it began after.</summary>
    public long StartStep { get; init; }

    /// <summary>Digest of the weights it began with.</summary>
    public ulong StartDigest { get; init; }

    /// <summary>How it left, if it has.</summary>
    public LeftOutcome? Left { get; init; }

    /// <summary>What it said as it left.</summary>
    public string LeftText { get; init; } = "";

    /// <summary>Whether it was lost.</summary>
    public bool Lost { get; init; }

    /// <summary>When it left or was lost.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What it says that its seconds in this generation went to.</summary>
    public WorkerTimes Spent { get; init; } = WorkerTimes.None;

    /// <summary>Seconds since it said so that no coordinator was there to hear it, as long as it has not said what they went to.</summary>
    public double Away { get; init; }

    /// <summary>Whether it still works for the generation.</summary>
    public bool IsActive => Left is null && !Lost;
}

/// <summary>How a generation broke.</summary>
/// <param name="Cause">In one sentence.</param>
/// <param name="WorkerId">Who was lost, or null where that is not known.</param>
/// <param name="LastSign">The last sign of life of whoever was lost; the loss came after it.</param>
/// <param name="Found">When the coordinator knew.</param>
public sealed record Breakage(string Cause, string? WorkerId, DateTimeOffset? LastSign, DateTimeOffset Found);

/// <summary>What ranks said of a step that is not yet committed.</summary>
/// <param name="Digests">By rank of the newest generation; null: nothing yet.</param>
/// <param name="Said">What a rank of this or an earlier generation said first.</param>
/// <param name="Facts">What was measured, from the first rank that said so.</param>
public sealed record PendingStep(ImmutableArray<ulong?> Digests, ulong? Said, StepFacts? Facts);

/// <summary>What was measured of a step. Losses in nats per target token; times in seconds.</summary>
public sealed record StepFacts(
    double Loss, long Tokens, long TargetTokens, double StepSeconds, double LearningRate, double GradientNorm,
    double InputWait, double Compute, double Exchange, double Update, double CheckpointStall, double Control,
    double PeerWait = 0, double Evaluation = 0);

/// <summary>A worker as the decisions see it.</summary>
public sealed record WorkerRecord
{
    /// <summary>Chosen by the worker's process.</summary>
    public required string Id { get; init; }

    /// <summary>Its place in line: smaller came earlier.</summary>
    public required long Order { get; init; }

    /// <summary>Names its connection; a message of an older one counts for nothing.</summary>
    public long Session { get; init; }

    /// <summary>Whether its connection stands.</summary>
    public bool Connected { get; init; }

    /// <summary>When it was last heard; of a worker that is known from the store alone, the coordinator's start.</summary>
    public DateTimeOffset LastSeen { get; init; }

    /// <summary>Its last sign of life; null where none came since the coordinator was started.</summary>
    public DateTimeOffset? LastSign => Session > 0 ? LastSeen : null;

    /// <summary>Until when its silence is forgiven.</summary>
    public DateTimeOffset ForgivenUntil { get; init; }

    /// <summary>The run it works for, or null.</summary>
    public string? RunId { get; init; }

    /// <summary>The run whose state it still holds, or null.</summary>
    public string? HeldRunId { get; init; }

    /// <summary>The step of that state, as far as the worker said; 0: none yet, or that of the beginning.</summary>
    public long HeldStep { get; init; }

    /// <summary>The generation in which it came to that state.</summary>
    public long HeldGeneration { get; init; }

    /// <summary>The run that it has made itself ready for, or null.</summary>
    public string? PreparedRunId { get; init; }

    /// <summary>The run that it was asked to make itself ready for, or null.</summary>
    public string? AskedRunId { get; init; }

    /// <summary>When it was asked.</summary>
    public DateTimeOffset AskedAt { get; init; }

    /// <summary>Whether it is about to exit.</summary>
    public bool Leaving { get; init; }

    /// <summary>What it says it does.</summary>
    public string Activity { get; init; } = "";

    /// <summary>What of its input it says that it waits for and why; empty: for nothing.</summary>
    public string Waiting { get; init; } = "";

    /// <summary>Whether it can be given work.</summary>
    public bool IsIdle => Connected && !Leaving && RunId is null;

    /// <summary>The step of the state of a run that it holds; -1: none of that run.</summary>
    public long StepOf(string runId) => HeldRunId == runId ? HeldStep : -1;

    /// <summary>As it is after it said at which step of a run it stands.</summary>
    /// <param name="runId">The run; what is said of another than the one that it holds counts for nothing.</param>
    /// <param name="generation">The generation in which it stood there.</param>
    /// <param name="step">The step.</param>
    /// <param name="falls">Whether it may stand before what it said in the same generation; reports are said again, so that most may not.</param>
    internal WorkerRecord Holding(string runId, long generation, long step, bool falls = false) =>
        HeldRunId != runId || generation < HeldGeneration ? this
        : this with { HeldGeneration = generation, HeldStep = falls || generation > HeldGeneration ? step : Math.Max(HeldStep, step) };
}
