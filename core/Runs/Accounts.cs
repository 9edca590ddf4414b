namespace Orchestrator.Core.Runs;

/// <summary>Books every worker-second of a run once: a rank's from its assignment to the end of its generation, and those of the seats that are empty between generations.</summary>
public static class Accounts
{
    /// <summary>What a run's worker-seconds went to until now, as far as its ranks have said.</summary>
    /// <param name="run">The run.</param>
    /// <param name="now">The time.</param>
    public static WorkerTimes Of(RunRecord run, DateTimeOffset now) => run.HasMembers
        ? run.Members.Aggregate(run.Spent, (sum, member) => sum.Plus(member.IsActive ? member.Spent : Closed(run, member, now)))
        : run.Spent.Plus(OfEmptySeats(run, now));

    /// <summary>Books what has passed since the last time this was done.</summary>
    /// <returns>The run's next state; its ranks' seconds are booked, so its generation is over or has not begun.</returns>
    internal static RunRecord Close(RunRecord run, DateTimeOffset now) => run with
    {
        Spent = run.HasMembers
            ? run.Members.Aggregate(run.Spent, (sum, member) => sum.Plus(Closed(run, member, now)))
            : run.Spent.Plus(OfEmptySeats(run, now)),
        AccountedFrom = now,
    };

    /// <summary>Books the time in which no coordinator lived to the restart of the run, where ranks were at work or about to be. A run that waits goes on waiting.</summary>
    /// <param name="run">As it was stored; its ranks, if it has any, are gone.</param>
    /// <param name="now">The time of the restart.</param>
    internal static RunRecord Restart(RunRecord run, DateTimeOffset now)
    {
        if (run.Phase.IsEnded() || run.Phase == RunPhase.Paused || run.Waits || run.StoredAt is not { } stored)
        {
            return run;
        }

        var booked = Close(run, stored > run.AccountedFrom ? stored : run.AccountedFrom);
        var away = run.EmptySeats * Math.Max(0, (now - booked.AccountedFrom).TotalSeconds);
        return booked with { Spent = booked.Spent with { Start = booked.Spent.Start + away }, AccountedFrom = now };
    }

    // What the rank did not say is the way of messages if it left in good order, and lost with it if it did not.
    private static WorkerTimes Closed(RunRecord run, Member member, DateTimeOffset now)
    {
        var until = member.EndedAt ?? now;
        var present = Math.Max(0, (until - run.AccountedFrom).TotalSeconds);
        var said = member.Spent.Total > present ? member.Spent.Scaled(present / member.Spent.Total) : member.Spent;
        var unsaid = present - said.Total;
        var away = Math.Min(member.Away, Math.Max(0, unsaid));
        var orderly = member.Ready && member.Left is LeftOutcome.Finished or LeftOutcome.Drained;
        return said with
        {
            Start = said.Start + (orderly ? 0 : away),
            Recovery = said.Recovery + Math.Max(0, (now - until).TotalSeconds) + (orderly ? 0 : unsaid - away),
            Control = said.Control + (orderly ? unsaid : 0),
        };
    }

    private static WorkerTimes OfEmptySeats(RunRecord run, DateTimeOffset now)
    {
        var seconds = run.EmptySeats * Math.Max(0, (now - run.AccountedFrom).TotalSeconds);
        return run.Phase switch
        {
            RunPhase.Recovering when !run.Waits => new WorkerTimes { Recovery = seconds },
            RunPhase.Queued or RunPhase.Placing or RunPhase.Recovering => new WorkerTimes { Waiting = seconds },
            _ => WorkerTimes.None,
        };
    }
}
