using Orchestrator.Cli.Studies;
using Orchestrator.Core.Knowledge.Studies;
using Xunit;

namespace Orchestrator.Tests.Cli.Studies;

public sealed class StudySlotsTests
{
    private static readonly IReadOnlyList<StudyStage> s_stages = BioPlanReader.Read(
        """
        population: { people: 40 }
        pretrain: { exposures: 50, window: 128, schedule: { warmup_steps: 10 } }
        arms:
          - single
          - { variant: permute1, pretrain: { workers: { max: 4 } } }
        """,
        "plan.yaml").Plan!.Graph().Stages;

    private static readonly StudyStage s_small = Run("single"), s_large = Run("permute1"), s_job = s_stages.First(stage => stage.Kind == StageKind.Generate);

    [Fact]
    public void Small_runs_and_processes_are_packed_one_a_slot()
    {
        var slots = new StudySlots(2, workersAreHere: true);

        Assert.Equal([s_small, s_job], slots.Fill([s_small, s_job, s_small], []));
        Assert.Equal([s_small], slots.Fill([s_small, s_job], [s_job]));
        Assert.Empty(slots.Fill([s_job], [s_small, s_job]));
    }

    [Fact]
    public void A_run_of_several_workers_waits_for_them_while_smaller_work_goes_on()
    {
        var slots = new StudySlots(4, workersAreHere: true);

        Assert.Equal([s_job], slots.Fill([s_large, s_job], [s_small]));
        Assert.Equal([s_large], slots.Fill([s_large, s_job], []));
    }

    [Fact]
    public void More_workers_than_there_are_are_not_waited_for()
    {
        var slots = new StudySlots(2, workersAreHere: true);

        Assert.Equal([s_large], slots.Fill([s_large], []));
        var spec = slots.Fit(BioStudySpecs.Pretrain((BioCell)s_large.Cell, new BioStudyFiles("b", "c", "v"), 100));
        Assert.Equal((1, 2), (spec.Workers.Min, spec.Workers.Max));
    }

    [Fact]
    public void A_coordinator_elsewhere_is_given_every_run_at_once()
    {
        var slots = new StudySlots(1, workersAreHere: false);

        Assert.Equal([s_small, s_large, s_job], slots.Fill([s_small, s_large, s_job], []));
    }

    private static StudyStage Run(string arm) => s_stages.Single(stage => stage.Kind == StageKind.Pretrain && stage.Cell.Arm == arm);
}
