using System.Text.Json;
using Orchestrator.Core.Runs;

namespace Orchestrator.Coordinator.Storage;

/// <summary>What of a run never changes.</summary>
internal sealed record RunFacts
{
    public required string Id { get; init; }

    public required long Order { get; init; }

    public required string Name { get; init; }

    public required string SpecYaml { get; init; }

    public required string SpecDigest { get; init; }

    public required string OutDir { get; init; }

    public required string Owner { get; init; }

    public required string IdempotencyKey { get; init; }

    public required int MinWorkers { get; init; }

    public required int MaxWorkers { get; init; }

    public bool ReplaceStragglers { get; init; }

    public required int Microbatches { get; init; }

    public required long SamplesPerStep { get; init; }

    public required long SamplesPerEpoch { get; init; }

    public required long TotalSteps { get; init; }

    public required DateTimeOffset Submitted { get; init; }
}

/// <summary>What of a run changes and is not in the state of the decisions.</summary>
internal sealed record RunProgress
{
    public long LastSequence { get; init; }

    public string LedgerDigest { get; init; } = "";

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public double? LastLoss { get; init; }

    public double TokensPerSecond { get; init; }

    public double? ValidationLoss { get; init; }

    public string CheckpointPath { get; init; } = "";

    public string Metric { get; init; } = "";

    public long BestStep { get; init; }

    public double BestValue { get; init; }

    /// <summary>The newest asking; null: none.</summary>
    public AskedQuestions? Knowledge { get; init; }
}

/// <summary>What came of asking a run its questions.</summary>
internal sealed record AskedQuestions(long Step, long Attempt, long Questions, long Known, long Learned, long Forgotten, string Metric, double Seconds, string Path);

/// <summary>A run's changing part as it is stored.</summary>
internal sealed record StoredState
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public required string Phase { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required long Generation { get; init; }

    public required IReadOnlyList<string> Members { get; init; }

    /// <summary>What each of them said that its time went to, milliseconds, and last how long no coordinator was there to hear it.</summary>
    public IReadOnlyList<long[]> MemberTimes { get; init; } = [];

    public required string Drain { get; init; }

    public required long Step { get; init; }

    public required ulong WeightsDigest { get; init; }

    public required long CheckpointStep { get; init; }

    public required long EvaluatedStep { get; init; }

    public required double StepSeconds { get; init; }

    public WorkerTimes Spent { get; init; } = WorkerTimes.None;

    public DateTimeOffset AccountedFrom { get; init; }

    public DateTimeOffset? StoredAt { get; init; }

    public int EmptySeats { get; init; }

    public bool Waits { get; init; }

    public required RunProgress Progress { get; init; }

    public static string Write(RunRecord run, RunProgress progress) => JsonSerializer.Serialize(
        new StoredState
        {
            Phase = run.Phase.ToString(),
            Reason = run.Reason,
            Since = run.Since,
            Generation = run.Generation,
            Members = [.. run.Members.Select(member => member.WorkerId)],
            MemberTimes = [.. run.Members.Select(Milliseconds)],
            Drain = run.Drain.ToString(),
            Step = run.Step,
            WeightsDigest = run.WeightsDigest,
            CheckpointStep = run.CheckpointStep,
            EvaluatedStep = run.EvaluatedStep,
            StepSeconds = run.StepSeconds,
            Spent = run.Spent,
            AccountedFrom = run.AccountedFrom,
            StoredAt = run.StoredAt,
            EmptySeats = run.EmptySeats,
            Waits = run.Waits,
            Progress = progress,
        },
        s_json);

    public static string Write(RunFacts facts) => JsonSerializer.Serialize(facts, s_json);

    public static RunFacts ReadFacts(string json) => JsonSerializer.Deserialize<RunFacts>(json, s_json) ?? throw new InvalidDataException("a run's facts are empty");

    public static (RunRecord Run, RunProgress Progress) Read(RunFacts facts, string json)
    {
        var stored = JsonSerializer.Deserialize<StoredState>(json, s_json) ?? throw new InvalidDataException("a run's state is empty");
        var run = new RunRecord
        {
            Id = facts.Id,
            Order = facts.Order,
            MinWorkers = facts.MinWorkers,
            MaxWorkers = facts.MaxWorkers,
            TotalSteps = facts.TotalSteps,
            Phase = Enum.Parse<RunPhase>(stored.Phase),
            Reason = stored.Reason,
            Since = stored.Since,
            Generation = stored.Generation,
            Members = [.. stored.Members.Select((id, rank) => WithTimes(new Member(id), stored.MemberTimes.ElementAtOrDefault(rank)))],
            Drain = Enum.Parse<DrainIntent>(stored.Drain),
            Step = stored.Step,
            WeightsDigest = stored.WeightsDigest,
            CheckpointStep = stored.CheckpointStep,
            EvaluatedStep = stored.EvaluatedStep,
            StepSeconds = stored.StepSeconds,
            ReplaceStragglers = facts.ReplaceStragglers,
            Spent = stored.Spent,
            AccountedFrom = stored.AccountedFrom,
            StoredAt = stored.StoredAt,
            EmptySeats = stored.EmptySeats,
            Waits = stored.Waits,
        };
        return (run, stored.Progress);
    }

    // Hot: stored with every committed step of every run, so whole milliseconds in a row without names.
    private static long[] Milliseconds(Member member)
    {
        var spent = member.Spent;
        double[] seconds =
        [
            spent.Compute, spent.Exchange, spent.PeerWait, spent.InputWait, spent.Update, spent.Evaluation, spent.CheckpointStall, spent.Recovery,
            spent.Start, spent.Waiting, spent.Control, member.Away,
        ];
        return Array.ConvertAll(seconds, value => (long)Math.Round(value * 1000));
    }

    private static Member WithTimes(Member member, long[]? milliseconds) => milliseconds is not { Length: 12 } of ? member : member with
    {
        Spent = new WorkerTimes
        {
            Compute = of[0] / 1000.0,
            Exchange = of[1] / 1000.0,
            PeerWait = of[2] / 1000.0,
            InputWait = of[3] / 1000.0,
            Update = of[4] / 1000.0,
            Evaluation = of[5] / 1000.0,
            CheckpointStall = of[6] / 1000.0,
            Recovery = of[7] / 1000.0,
            Start = of[8] / 1000.0,
            Waiting = of[9] / 1000.0,
            Control = of[10] / 1000.0,
        },
        Away = of[11] / 1000.0,
    };
}
