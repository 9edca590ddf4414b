using Grpc.Core;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Jobs;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Studies;

namespace Orchestrator.Cli.Studies;

/// <summary>How a study came out.</summary>
/// <param name="Results">Cells that have their result.</param>
/// <param name="Failures">What failed, a sentence each.</param>
/// <param name="Interrupted">Whether it was stopped by an interrupt.</param>
internal sealed record StudyOutcome(int Results, IReadOnlyList<string> Failures, bool Interrupted);

/// <summary>Does all of a study's work that is not done yet: as many stages at once as there are slots, a worker or a process each.</summary>
/// <param name="context">The command's context.</param>
/// <param name="plan">The plan.</param>
/// <param name="graph">Its stages.</param>
/// <param name="work">What they do.</param>
/// <param name="folder">The study's folder, claimed.</param>
/// <param name="slots">Slots.</param>
/// <param name="display">Shows it.</param>
internal sealed class StudyRun(CommandContext context, StudyPlan plan, StudyGraph graph, IStudyWork work, StudyFolder folder, StudySlots slots, IStudyDisplay display)
{
    private readonly HashSet<StudyStage> _done = [];
    private readonly HashSet<StudyStage> _begun = [];
    private readonly HashSet<string> _resulted = new(StringComparer.Ordinal);
    private readonly List<string> _failures = [];

    /// <summary>Whether anything is left for workers to do.</summary>
    public bool NeedsWorkers => graph.Stages.Any(stage => stage.IsRun && folder.Record(stage) is null);

    /// <summary>Runs to the end, or until interrupted; whatever fails leaves the rest going.</summary>
    /// <param name="connection">The coordinator; null where no worker is needed.</param>
    /// <param name="fault">Faults when there is no going on.</param>
    public async Task<StudyOutcome> RunAsync(Connection? connection, Task fault)
    {
        foreach (var stage in graph.Stages.Where(stage => folder.Record(stage) is not null))
        {
            Finish(stage);
        }

        var runs = connection is null ? null : new StudyRuns(context, connection, display);
        var working = new Dictionary<Task, StudyStage>();
        WriteResults();
        while (true)
        {
            foreach (var stage in context.Interrupts.Soft.IsCancellationRequested ? [] : slots.Fill(graph.Ready(_done, _begun), working.Values))
            {
                _begun.Add(stage);
                working.Add(DoAsync(stage, runs), stage);
            }

            if (working.Count == 0)
            {
                return new StudyOutcome(_resulted.Count, _failures, context.Interrupts.Soft.IsCancellationRequested && _done.Count < graph.Stages.Count);
            }

            var ended = await Task.WhenAny([.. working.Keys, fault]);
            if (ended == fault)
            {
                await fault;
            }

            working.Remove(ended, out var done);
            await ConcludeAsync(ended, done!);
        }
    }

    private async Task ConcludeAsync(Task ended, StudyStage stage)
    {
        try
        {
            await ended;
            Finish(stage);
            WriteResults();
        }
        catch (OperationCanceledException) when (context.Interrupts.Soft.IsCancellationRequested)
        {
            display.Show(stage, new StageProgress(StageState.Waiting));
        }
        catch (RpcException) when (context.Interrupts.Soft.IsCancellationRequested)
        {
            display.Show(stage, new StageProgress(StageState.Waiting));
        }
        catch (Exception e) when (e is StageFailedException or JobFailedException or BadInputException or IOException or InvalidDataException or RpcException)
        {
            var sentence = e is RpcException fault ? RpcFault.Of(fault).Sentence : e.Message;
            _failures.Add($"{stage.Cell.Name}, {StudyStage.Word(stage.Kind)}: {sentence}");
            display.Show(stage, new StageProgress(StageState.Failed));
            display.Note(_failures[^1]);
        }
    }

    private async Task DoAsync(StudyStage stage, StudyRuns? runs)
    {
        Directory.CreateDirectory(folder.Of(stage));
        var began = context.Clock.GetTimestamp();
        var record = new StageRecord { Kind = stage.Kind, Digest = stage.Digest, Seconds = 0 };
        if (stage.IsRun)
        {
            var spec = slots.Fit(await work.SpecAsync(stage, context.Interrupts.Soft));
            folder.Write(stage, spec);
            var run = await runs!.TrainAsync(stage, spec, folder.Of(stage));
            record = record with
            {
                SpecDigest = run.SpecDigest,
                WeightsDigest = RunEventJson.Digest(run.WeightsDigest),
                Steps = run.Step,
                Loss = run.HasValidationLoss ? run.ValidationLoss : null,
                Checkpoint = Path.GetRelativePath(folder.Root, spec.Evaluation.KeepsBest && run.BestStep > 0 ? RunText.BestCheckpoint(run) : run.CheckpointPath),
                Seconds = run.Started is { } from && run.Ended is { } to ? (to - from).ToTimeSpan().TotalSeconds : context.Clock.GetElapsedTime(began).TotalSeconds,
            };
        }
        else
        {
            display.Show(stage, new StageProgress(StageState.Running));
            await work.RunAsync(stage, context.Interrupts.Soft);
            record = record with { Seconds = context.Clock.GetElapsedTime(began).TotalSeconds };
        }

        folder.Write(stage, record);
    }

    private void Finish(StudyStage stage)
    {
        _done.Add(stage);
        display.Show(stage, new StageProgress(StageState.Done));
    }

    // Written anew each time: a plan's name or gate may have changed since.
    private void WriteResults()
    {
        foreach (var cell in plan.Cells.Where(cell => !_resulted.Contains(cell.Name) && graph.Of(cell).All(_done.Contains)))
        {
            var result = work.Result(cell, graph.Of(cell));
            StudyFolder.WriteWhole(folder.Result(cell), result.ToJson());
            _resulted.Add(cell.Name);
            display.Show(cell, result);
        }
    }
}
