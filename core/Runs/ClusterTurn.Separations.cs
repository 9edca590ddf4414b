namespace Orchestrator.Core.Runs;

/// <content>Workers that cannot reach each other, and who is left out of a generation for it.</content>
internal sealed partial class ClusterTurn
{
    /// <summary>Two workers could not reach each other: for a while they are not put together.</summary>
    private void Separate(string one, string other)
    {
        var known = _cluster.Separations.FirstOrDefault(separation => separation.IsOf(one, other));
        if (known is not null && now < known.Until)
        {
            // The other of the two says so too.
            return;
        }

        var times = (known?.Times ?? 0) + 1;
        var pause = Math.Min(options.LongestSeparation.TotalSeconds, options.Separation.TotalSeconds * Math.Pow(2, times - 1));
        _cluster = _cluster with
        {
            Separations = [.. _cluster.Separations.Where(separation => separation != known), new Separation(one, other, times, now + TimeSpan.FromSeconds(pause))],
        };
    }

    /// <summary>These workers reach each other, or are gone.</summary>
    private void Reunite(Func<Separation, bool> over)
    {
        if (!_cluster.Separations.IsEmpty)
        {
            _cluster = _cluster with { Separations = _cluster.Separations.RemoveAll(separation => over(separation)) };
        }
    }

    private bool AreApart(string one, string other) => _cluster.Separations.Any(separation => now < separation.Until && separation.IsOf(one, other));

    private bool IsApartFromMembers(RunRecord run, WorkerRecord worker) =>
        !_cluster.Separations.IsEmpty && run.Members.Any(member => AreApart(member.WorkerId, worker.Id));

    private bool IsTorn(RunRecord run) =>
        _cluster.Separations.Any(separation => now < separation.Until && run.RankOf(separation.One) >= 0 && run.RankOf(separation.Other) >= 0);

    /// <summary>Says who was at work for the run and is left out of its next generation, and why.</summary>
    private void Tell(RunRecord run, List<(WorkerRecord Worker, string Unreached)> leftOut)
    {
        foreach (var (worker, unreached) in leftOut.Where(left => left.Worker.HeldRunId == run.Id))
        {
            _actions.Add(new WorkerChanged(run.Id, worker.Id, -1, $"left out: it and worker {unreached} cannot reach each other"));
        }
    }

    /// <summary>Takes out workers until all that are left reach each other: who cannot reach most, unless more than the step in flight would be lost with them.</summary>
    /// <param name="run">The run.</param>
    /// <param name="workers">In the order in which they are wanted; those who are left out are removed.</param>
    /// <returns>Each that was left out with one of those whom it cannot reach.</returns>
    private List<(WorkerRecord Worker, string Unreached)> LeaveOut(RunRecord run, List<WorkerRecord> workers)
    {
        if (_cluster.Separations.IsEmpty)
        {
            return [];
        }

        var (newest, all) = (Newest(run, workers), workers.ToList());
        var left = LeaveOut(workers, keep: null);
        if (Newest(run, workers) >= newest - 1)
        {
            return left;
        }

        foreach (var holder in all.Where(worker => worker.StepOf(run.Id) >= newest - 1))
        {
            var others = all.ToList();
            var without = LeaveOut(others, holder);
            if (others.Count >= run.MinWorkers)
            {
                workers.Clear();
                workers.AddRange(others);
                return without;
            }
        }

        return left;
    }

    // First who cannot reach the one that is to stay, then who cannot reach most, the later in line of two that are equal.
    private List<(WorkerRecord Worker, string Unreached)> LeaveOut(List<WorkerRecord> workers, WorkerRecord? keep)
    {
        List<(WorkerRecord, string)> left = [];
        if (keep is not null)
        {
            left.AddRange(workers.Where(worker => AreApart(worker.Id, keep.Id)).Select(worker => (worker, keep.Id)));
            workers.RemoveAll(worker => AreApart(worker.Id, keep.Id));
        }

        while (true)
        {
            var apart = _cluster.Separations
                .Where(separation => now < separation.Until && workers.Exists(worker => worker.Id == separation.One) && workers.Exists(worker => worker.Id == separation.Other))
                .SelectMany<Separation, (string Id, string Unreached)>(separation => [(separation.One, separation.Other), (separation.Other, separation.One)])
                .ToLookup(pair => pair.Id, pair => pair.Unreached, StringComparer.Ordinal);
            if (apart.Count == 0)
            {
                return left;
            }

            var most = apart.Max(each => each.Count());
            var last = workers.FindLastIndex(worker => apart[worker.Id].Count() == most);
            left.Add((workers[last], apart[workers[last].Id].First()));
            workers.RemoveAt(last);
        }
    }
}
