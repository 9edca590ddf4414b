using System.Diagnostics;
using Xunit;

namespace Orchestrator.Tests.Coordinator.Simulation;

public sealed class ControlPlaneTests(ITestOutputHelper output)
{
    private const string SeedVariable = "ORCHESTRATOR_SIMULATION_SEED";
    private const string CountVariable = "ORCHESTRATOR_SIMULATION_SEEDS";

    [Fact]
    public void Whatever_fails_nothing_acknowledged_is_lost_or_doubled_and_every_run_ends()
    {
        if (Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } one)
        {
            Check(int.Parse(one));
            return;
        }

        Sweep(0, Environment.GetEnvironmentVariable(CountVariable) is { Length: > 0 } count ? int.Parse(count) : 2000);
    }

    [Fact]
    [Trait("Length", "long")]
    public void Whatever_fails_in_a_hundred_thousand_worlds() => Sweep(2000, 100_000);

    [Fact]
    public void A_seed_gives_the_same_trace_again()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (first, second) = (new World(seed), new World(seed, traced: true));
            first.Run();
            second.Run();
            Assert.Equal((first.Agenda.Digest, first.Agenda.Events), (second.Agenda.Digest, second.Agenda.Events));
        }
    }

    private void Sweep(int from, int count)
    {
        var watch = Stopwatch.StartNew();
        long events = 0;
        for (var seed = from; seed < from + count; seed++)
        {
            events += Check(seed);
        }

        output.WriteLine($"{count} seeds, {events} events in {watch.Elapsed.TotalSeconds:0.0} s ({Environment.CpuUsage.TotalTime.TotalSeconds:0.0} s of this process' processor time so far)");
    }

    private static long Check(int seed)
    {
        var simulation = new World(seed);
        try
        {
            simulation.Run();
            return simulation.Agenda.Events;
        }
        catch (Exception e)
        {
            var again = new World(seed, traced: true);
            try
            {
                again.Run();
            }
            catch (Exception second) when (second.GetType() == e.GetType())
            {
                // The same, with its trace.
            }

            throw new Violation(
                $"seed {seed}: {e.Message}\n{string.Join('\n', again.Agenda.Trace.TakeLast(80))}\n{again.Describe()}\nAgain with {SeedVariable}={seed}.\n{(e is Violation ? "" : e.ToString())}");
        }
    }
}
