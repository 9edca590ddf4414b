using System.Text.Json;
using Orchestrator.Cli.Display;
using Orchestrator.Protos.V1;
using Spectre.Console;
using Xunit;

namespace Orchestrator.Tests.Cli.Display;

public sealed class RunDisplayTests
{
    private static readonly Run s_run = new() { RunId = "r1", Name = "tiny", TotalSteps = 3, State = RunState.Running };

    [Fact]
    public void Json_is_one_object_a_line_with_step_loss_and_tokens_per_second()
    {
        var output = new StringWriter();
        var display = new JsonDisplay(output);
        var happened = Step(1);

        display.Show(happened, RunProgress.Of(s_run).After(happened));

        using var line = JsonDocument.Parse(Assert.Single(output.ToString().TrimEnd('\n').Split('\n')));
        Assert.Equal("step", line.RootElement.GetProperty("event").GetString());
        Assert.Equal(1, line.RootElement.GetProperty("step").GetInt64());
        Assert.Equal(4.5, line.RootElement.GetProperty("loss").GetDouble());
        Assert.Equal(1234.5, line.RootElement.GetProperty("tokens_per_second").GetDouble());
        Assert.Equal("00000000000000ff", line.RootElement.GetProperty("weights_digest").GetString());
    }

    [Fact]
    public void A_loss_that_is_no_number_is_null_in_json()
    {
        var happened = Step(1);
        happened.Step.Loss = double.NaN;

        Assert.Null(RunEventJson.Of(happened, RunProgress.Of(s_run).After(happened))["loss"]);
    }

    [Fact]
    public void The_report_of_a_run_ends_with_what_its_worker_seconds_went_to()
    {
        var report = RunReport.Of(new Run { Spent = new WorkerTimes { Compute = 6, Recovery = 2 } });

        Assert.EndsWith("goodput     75.0% of 8.0 worker-seconds\n  compute                  6.0 s   75.0%\n  recovery                 2.0 s   25.0%", report, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recovery_says_who_was_lost_and_the_figures()
    {
        var happened = new RunEvent { Recovery = new RecoveryEvent { WorkerId = "w2", DetectionSeconds = 0.21, RecoverySeconds = 0.05, RepeatedSteps = 0, Source = "held" } };

        Assert.Equal("recovered: worker w2 was lost, known 210 ms after its last sign of life, 50 ms to go on (state: held)", RunText.Line(happened, RunProgress.Of(s_run)));
    }

    [Fact]
    public void The_finished_line_names_state_step_losses_checkpoint_and_digest()
    {
        var run = new Run
        {
            State = RunState.Succeeded,
            Step = 3,
            HasLoss = true,
            LastLoss = 4,
            HasValidationLoss = true,
            ValidationLoss = 4.25,
            CheckpointPath = "/c/step-00000003",
            WeightsDigest = 0xabc,
            Spent = new WorkerTimes { Compute = 6, Recovery = 2 },
        };

        Assert.Equal(
            """{"event":"finished","state":"succeeded","reason":"","run":"","step":3,"train_loss":4,"validation_loss":4.25,"checkpoint":"/c/step-00000003","weights_digest":"0000000000000abc","goodput":{"share":0.75,"worker_seconds":8,"compute":6,"exchange":0,"update":0,"peer_wait":0,"input_wait":0,"checkpoint_stall":0,"evaluation":0,"recovery":2,"start":0,"waiting":0,"control":0}}""",
            RunEventJson.Line(RunEventJson.Finished(run)));
    }

    [Fact]
    public void Plain_lines_show_the_first_and_the_last_step_and_skip_those_close_together()
    {
        var output = new StringWriter();
        var display = new PlainDisplay(output, TimeProvider.System) { StepInterval = TimeSpan.FromHours(1) };
        var progress = RunProgress.Of(s_run);
        foreach (var happened in new[] { Step(1), Step(2), Step(3) })
        {
            progress = progress.After(happened);
            display.Show(happened, progress);
        }

        Assert.Equal(["step 1/3", "step 3/3"], output.ToString().TrimEnd('\n').Split('\n').Select(line => line[..8]));
    }

    [Fact]
    public void The_picture_shows_step_loss_speed_time_left_and_each_workers_state()
    {
        var output = new StringWriter();
        var screen = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        var progress = RunProgress.Of(s_run).After(Step(1)).After(
            new RunEvent { Worker = new WorkerEvent { Worker = new WorkerStatus { WorkerId = "w-abc", Rank = 1, State = "training", Host = "here", ProcessId = 4711 } } });

        screen.Write(RunPicture.Of(progress, TimeSpan.FromSeconds(65), ["a note [with brackets]"]));

        foreach (var fact in new[] { "tiny", "1 of 3", "4.5000", "1235", "500 ms", "left 1.0 s", "1:05", "w-abc", "training", "4711", "a note [with brackets]" })
        {
            Assert.Contains(fact, output.ToString(), StringComparison.Ordinal);
        }
    }

    private static RunEvent Step(long step) => new()
    {
        Sequence = step,
        Step = new StepEvent { Step = step, Loss = 4.5, TokensPerSecond = 1234.5, StepSeconds = 0.5, WeightsDigest = 0xff },
    };
}
