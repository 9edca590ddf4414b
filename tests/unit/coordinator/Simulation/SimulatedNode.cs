namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>A process on a machine of its own: it may die, stand still, and be cut off.</summary>
internal abstract class SimulatedNode(World world, string name)
{
    private TimeSpan _stalledUntil;

    public string Name => name;

    public bool Alive { get; protected set; } = true;

    /// <summary>Counts its lives: what an earlier one had in mind does not happen.</summary>
    public int Life { get; private set; }

    public TimeSpan CutUntil { get; private set; }

    public bool IsCut => CutUntil > world.Agenda.Elapsed;

    protected World World => world;

    protected Agenda Agenda => world.Agenda;

    public void Stall(TimeSpan time)
    {
        Agenda.Note("stalls", name, time.Ticks);
        _stalledUntil = Agenda.Elapsed + time;
    }

    public void Cut(TimeSpan time)
    {
        Agenda.Note("is cut off", name, time.Ticks);
        CutUntil = Agenda.Elapsed + time;
    }

    public void Heal() => CutUntil = default;

    /// <summary>Does something a while later, if this life lasts; while the process stands still it waits.</summary>
    public void Later(int leastMs, int mostMs, Action what)
    {
        var life = Life;
        Agenda.In(leastMs, mostMs, () => Now(life, what));
    }

    protected void EndLife() => Life++;

    private void Now(int life, Action what)
    {
        if (life != Life || !Alive)
        {
            return;
        }

        if (_stalledUntil > Agenda.Elapsed)
        {
            Agenda.In(_stalledUntil - Agenda.Elapsed, () => Now(life, what));
            return;
        }

        what();
    }
}
