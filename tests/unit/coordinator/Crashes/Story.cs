using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator.Crashes;

/// <summary>A run from its submission to its end, told to coordinators that may die at any moment; and what was acknowledged meanwhile.</summary>
/// <param name="spec">The run's spec.</param>
/// <param name="outDir">The run's folder.</param>
/// <param name="steps">The spec's steps.</param>
/// <param name="before">The run whose steps are in the folder, all done when this one is submitted; null: there is none.</param>
internal sealed class Story(string spec, string outDir, long steps = 6, Story? before = null)
{
    private readonly long _first = before is null ? 0 : before.Steps;
    private readonly List<RunEvent> _told = [];
    private string? _runId;
    private bool _saved;
    private HeldAssignment? _held;
    private long _begin = before is null ? 0 : before.Steps;
    private long _done = before is null ? 0 : before.Steps;

    /// <summary>The run's steps.</summary>
    public long Steps => steps;

    private long SavedStep => steps - 1;

    private string Key => $"story of {steps} steps";

    /// <summary>What broke it last.</summary>
    public string Broke { get; private set; } = "";

    /// <summary>Goes on with the story until the run has succeeded or the coordinator is gone.</summary>
    /// <returns>Whether it succeeded.</returns>
    public async Task<bool> GoOnAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            var runs = new Runs.RunsClient(channel);
            var run = await runs.SubmitAsync(new SubmitRequest { SpecYaml = spec, OutDir = outDir, IdempotencyKey = Key }, CoordinatorFixture.Headers, cancellationToken: cancellationToken);
            Assert.True(_runId is null || _runId == run.RunId, $"run {_runId} was acknowledged and the key now is run {run.RunId}");
            _runId = run.RunId;
            if (run.State != RunState.Succeeded)
            {
                await WorkAsync(channel, run, cancellationToken);
            }

            await WatchAsync(runs, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is RpcException { StatusCode: not StatusCode.AlreadyExists } or IOException or InvalidOperationException || e.Message.Contains("ended the session", StringComparison.Ordinal))
        {
            Broke = e.Message;
            return false;
        }
    }

    /// <summary>Holds what a coordinator says against what was acknowledged before, and against itself.</summary>
    public async Task CheckAsync(GrpcChannel channel)
    {
        if (_runId is null)
        {
            return;
        }

        var run = await new Runs.RunsClient(channel).GetAsync(new RunRequest { RunId = _runId }, CoordinatorFixture.Headers);
        var told = new List<StepEvent>();
        using (var call = new Runs.RunsClient(channel).Metrics(new MetricsRequest { RunId = _runId }, CoordinatorFixture.Headers))
        {
            await foreach (var step in call.ResponseStream.ReadAllAsync())
            {
                told.Add(step);
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)run.Step).Select(step => (long)step).Where(step => step > _first), told.Select(step => step.Step));
        Assert.True(_told.Count(happened => happened.Step is not null) <= run.Step - _first, "a step that was told is gone");
        var saved = await new Checkpoints.CheckpointsClient(channel).ListAsync(new ListCheckpointsRequest { RunId = _runId }, CoordinatorFixture.Headers);
        Assert.True(!_saved || saved.Checkpoints.Any(checkpoint => checkpoint.Step == SavedStep), "an acknowledged checkpoint is gone");
        if (run.State == RunState.Succeeded)
        {
            Assert.Equal(steps, run.Step);
        }

        // The copy in the folder is the chain that the steps lead to, of the runs before and after this one too.
        var lines = await File.ReadAllLinesAsync(Path.Combine(outDir, Ledger.FileName));
        Assert.True(lines.Length > run.Step, "the copy lacks a step");
        Assert.True(lines.Length == run.Step + 1 || run.State == RunState.Succeeded, "the copy has steps that the run has not");
        var digest = _first == 0 ? Ledger.Start(Property(lines[0], "spec_digest")) : Property(lines[_first], "digest");
        foreach (var step in told)
        {
            var samples = step.Samples.Select(range => new Orchestrator.Core.Data.SampleRange(range.Epoch, range.First, range.Count)).ToList();
            // A step that a crash kept from being heard of, and that a later state proves, has no digest of its own.
            ulong? weights = step.WeightsDigest == 0 ? null : step.WeightsDigest;
            digest = Ledger.Next(digest, step.Step, samples, weights);
            Assert.Equal(Ledger.Line(step.Step, samples, weights, digest), lines[step.Step]);
        }
    }

    private static string Property(string line, string name)
    {
        using var json = System.Text.Json.JsonDocument.Parse(line);
        return json.RootElement.GetProperty(name).GetString()!;
    }

    private async Task WorkAsync(GrpcChannel channel, Run run, CancellationToken cancellationToken)
    {
        await using var worker = await FakeWorker.ConnectAsync(channel, "one", _held, version: null);
        using var beating = worker.Beat();
        await worker.UntilAsync(CoordinatorMessage.MessageOneofCase.Assignment);
        if (_held?.Generation != worker.Assignment.Generation)
        {
            _begin = _done;
        }

        _held = new HeldAssignment { RunId = run.RunId, Generation = worker.Assignment.Generation };
        await worker.ReadyAsync(_begin, (ulong)_begin, "held");
        await worker.LogAsync("a step is near");
        for (var step = _begin + 1; step <= steps; step++)
        {
            await worker.DoneAsync(step, (ulong)step);
            _done = Math.Max(_done, step);
            // One at a time, so that each has a commit of its own.
            await SawAsync(new Runs.RunsClient(channel), step, cancellationToken);
            if (step == SavedStep && !_saved)
            {
                await SaveAsync(channel, worker, cancellationToken);
            }
        }

        await worker.EvaluatedAsync(steps, 4.5);
        await worker.LeftAsync(Left.Types.Outcome.Finished, steps, (ulong)steps);
        await WatchAsync(new Runs.RunsClient(channel), cancellationToken);
    }

    private async Task SaveAsync(GrpcChannel channel, FakeWorker worker, CancellationToken cancellationToken)
    {
        await new Checkpoints.CheckpointsClient(channel).CommitAsync(
            new CommitCheckpointRequest
            {
                RunId = worker.Assignment.RunId,
                Generation = worker.Assignment.Generation,
                Checkpoint = new CheckpointEvent { Step = SavedStep, Path = $"/out/checkpoints/step-{SavedStep:00000000}", WeightsDigest = (ulong)SavedStep },
                RemovedSteps = { before?.SavedStep ?? 1 },
            },
            CoordinatorFixture.Headers, cancellationToken: cancellationToken);
        _saved = true;
    }

    private async Task SawAsync(Runs.RunsClient runs, long step, CancellationToken cancellationToken)
    {
        using var call = runs.Watch(new WatchRequest { RunId = _runId }, CoordinatorFixture.Headers, cancellationToken: cancellationToken);
        await foreach (var happened in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (happened.Step?.Step >= step)
            {
                return;
            }
        }
    }

    private async Task WatchAsync(Runs.RunsClient runs, CancellationToken cancellationToken)
    {
        using var call = runs.Watch(new WatchRequest { RunId = _runId }, CoordinatorFixture.Headers, cancellationToken: cancellationToken);
        var count = 0;
        await foreach (var told in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            Assert.Equal(++count, told.Sequence);
            if (count <= _told.Count)
            {
                Assert.Equal(_told[count - 1], told);
            }
            else
            {
                _told.Add(told);
            }
        }

        Assert.Equal(RunState.Succeeded, _told[^1].State?.State ?? RunState.Succeeded);
    }
}
