using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Local;
using Orchestrator.Cli.Studies;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Studies;

namespace Orchestrator.Cli.Commands;

/// <summary>Runs a study.</summary>
internal static class StudyRunCommand
{
    /// <summary>Of biographies.</summary>
    public static Documented Bios(CommandContext context) => Create(
        context,
        BioPlanReader.ReadFile,
        (plan, jobs) => new BioWork(plan, jobs),
        "orchestrator study bios run examples/bios/smoke.yaml",
        "orchestrator study bios run examples/bios/gap.yaml --workers 2 --out studies/gap",
        "orchestrator study bios run plan.yaml --coordinator http://10.0.0.5:7070 --out /shared/studies/plan");

    /// <summary>Of facts.</summary>
    public static Documented Facts(CommandContext context) => Create(
        context,
        FactPlanReader.ReadFile,
        (plan, jobs) => new FactWork(plan, jobs),
        "orchestrator study facts run examples/facts/smoke.yaml",
        "orchestrator study facts run examples/facts/sweep.yaml --workers 2 --out studies/sweep");

    private static Documented Create<TPlan>(
        CommandContext context, Func<string, StudyPlanResult<TPlan>> read, Func<TPlan, StudyJobs, IStudyWork> work, params string[] examples)
        where TPlan : StudyPlan
    {
        var file = new Argument<string>("PLAN.yaml") { Description = "The study's plan" };
        var workers = new Option<int?>("--workers") { Description = "Stages at once: workers and processes of one thread each (left out: one per processor)", HelpName = "N" };
        var folder = new Option<string?>("--out") { Description = "Where it writes (left out: studies/NAME)", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented("run", "Runs a study of arms x models x seeds; run again in the same folder, it does what is left.", examples)
        {
            file, workers, folder, json,
        };
        var coordinator = new CoordinatorOptions(isChoice: true).AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var (named, mistakes) = read(parsed.GetValue(file)!);
            var plan = named ?? throw new BadInputException(string.Join('\n', mistakes));
            var count = parsed.GetValue(workers) ?? Environment.ProcessorCount;
            if (count < 1)
            {
                throw new BadInputException($"--workers must be at least 1, was {count}.");
            }

            var target = StudyFolder.At(parsed.GetValue(folder) ?? Path.Combine("studies", plan.Name));
            using var elsewhere = coordinator.IsNamed(parsed) ? coordinator.Connect(parsed) : null;
            using var claim = target.Processes.Claim();
            File.Copy(parsed.GetValue(file)!, target.Plan, overwrite: true);
            return await RunAsync(context, plan, jobs => work(plan, jobs), target, count, threads: 1, elsewhere, parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Runs a study to its end or an interrupt, and says how it came out.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="work">What its stages do.</param>
    /// <param name="folder">The study's folder, claimed.</param>
    /// <param name="workers">Slots: workers and processes.</param>
    /// <param name="threads">Compute threads of a worker.</param>
    /// <param name="elsewhere">A coordinator that the runs go to; null: one is started here.</param>
    /// <param name="json">Whether output is JSON lines.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        CommandContext context, StudyPlan plan, Func<StudyJobs, IStudyWork> work, StudyFolder folder, int workers, int threads, Connection? elsewhere, bool json) =>
        Conclude(context, plan, folder, await WorkAsync(context, plan, work, folder, workers, threads, elsewhere, json), json);

    private static async Task<StudyOutcome> WorkAsync(
        CommandContext context, StudyPlan plan, Func<StudyJobs, IStudyWork> work, StudyFolder folder, int workers, int threads, Connection? elsewhere, bool json)
    {
        var graph = plan.Graph();
        await using var display = StudyDisplays.For(context.Terminal, json, plan, graph, context.Clock);
        var study = new StudyRun(context, plan, graph, work(new StudyJobs(folder, display)), folder, new StudySlots(workers, elsewhere is null), display);
        var never = new TaskCompletionSource().Task;
        if (elsewhere is not null || !study.NeedsWorkers)
        {
            return await study.RunAsync(elsewhere, never);
        }

        var session = await LocalSession.StartAsync(folder.Processes, threads, display.Note, context.Clock, context.Interrupts.Soft);
        await using (session)
        {
            using var killed = context.Interrupts.Hard.Register(session.Kill);
            session.StartWorkers(workers);
            return await study.RunAsync(session.Connection, session.Fault);
        }
    }

    private static int Conclude(CommandContext context, StudyPlan plan, StudyFolder folder, StudyOutcome outcome, bool json)
    {
        var shown = TrainCommand.Shown(folder.Processes);
        var report = outcome.Results > 0 ? StudyReportCommand.Write(folder, folder.Report) : null;
        if (json)
        {
            var line = new JsonObject
            {
                ["event"] = "finished",
                ["study"] = plan.Name,
                ["out"] = folder.Root,
                ["results"] = outcome.Results,
                ["cells"] = plan.Cells.Count,
                ["failures"] = new JsonArray([.. outcome.Failures.Select(failure => (JsonNode?)failure)]),
                ["report"] = report is null ? null : Path.Combine(folder.Report, StudyReportCommand.PageFile),
            };
            context.Terminal.Out.WriteLine(RunEventJson.Line(report is null ? line : StudyReportCommand.Summarised(line, report)));
        }
        else if (report is not null)
        {
            StudyReportCommand.Say(context, report, folder.Report);
        }

        if (outcome.Failures.Count > 0)
        {
            context.Terminal.Error.WriteLine(string.Join('\n', outcome.Failures));
            context.Terminal.Error.WriteLine($"{outcome.Results} of {plan.Cells.Count} results are there; the same command tries again what failed. Logs are in {Path.Combine(shown, "logs")}.");
            return ExitCodes.Failed;
        }

        if (outcome.Interrupted)
        {
            context.Terminal.Error.WriteLine($"Stopped with {outcome.Results} of {plan.Cells.Count} results in {shown}; the same command goes on.");
            return ExitCodes.Interrupted;
        }

        return ExitCodes.Done;
    }
}
