using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator.Crashes;

/// <summary>A run from its submission to its end, told to coordinators that may die at any moment; and what was acknowledged meanwhile.</summary>
internal sealed class Story(string spec, string outDir)
{
    private const int Steps = 6;
    private const int SavedStep = 3;

    private readonly List<RunEvent> _told = [];
    private string? _runId;
    private bool _saved;
    private HeldAssignment? _held;
    private long _begin;
    private long _done;

    /// <summary>What broke it last.</summary>
    public string Broke { get; private set; } = "";

    /// <summary>Goes on with the story until the run has succeeded or the coordinator is gone.</summary>
    /// <returns>Whether it succeeded.</returns>
    public async Task<bool> GoOnAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            var runs = new Runs.RunsClient(channel);
            var run = await runs.SubmitAsync(new SubmitRequest { SpecYaml = spec, OutDir = outDir, IdempotencyKey = "story" }, CoordinatorFixture.Headers, cancellationToken: cancellationToken);
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
        var steps = new List<StepEvent>();
        using (var call = new Runs.RunsClient(channel).Metrics(new MetricsRequest { RunId = _runId }, CoordinatorFixture.Headers))
        {
            await foreach (var step in call.ResponseStream.ReadAllAsync())
            {
                steps.Add(step);
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)run.Step).Select(step => (long)step), steps.Select(step => step.Step));
        Assert.True(_told.Count(told => told.Step is not null) <= run.Step, "a step that was told is gone");
        var saved = await new Checkpoints.CheckpointsClient(channel).ListAsync(new ListCheckpointsRequest { RunId = _runId }, CoordinatorFixture.Headers);
        Assert.True(!_saved || saved.Checkpoints.Any(checkpoint => checkpoint.Step == SavedStep), "an acknowledged checkpoint is gone");
        if (run.State == RunState.Succeeded)
        {
            Assert.Equal(Steps, run.Step);
        }

        // The copy in the folder is the chain that the steps lead to.
        var lines = await File.ReadAllLinesAsync(Path.Combine(outDir, Ledger.FileName));
        Assert.Equal(run.Step + 1, lines.Length);
        var digest = Ledger.Start(System.Text.Json.JsonDocument.Parse(lines[0]).RootElement.GetProperty("spec_digest").GetString()!);
        foreach (var step in steps)
        {
            var samples = step.Samples.Select(range => new Orchestrator.Core.Data.SampleRange(range.Epoch, range.First, range.Count)).ToList();
            // A step that a crash kept from being heard of, and that a later state proves, has no digest of its own.
            ulong? weights = step.WeightsDigest == 0 ? null : step.WeightsDigest;
            digest = Ledger.Next(digest, step.Step, samples, weights);
            Assert.Equal(Ledger.Line(step.Step, samples, weights, digest), lines[step.Step]);
        }
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
        for (var step = _begin + 1; step <= Steps; step++)
        {
            await worker.DoneAsync(step, (ulong)step);
            _done = Math.Max(_done, step);
            if (step == SavedStep && !_saved)
            {
                await SaveAsync(channel, worker, cancellationToken);
            }
        }

        await worker.EvaluatedAsync(Steps, 4.5);
        await worker.LeftAsync(Left.Types.Outcome.Finished, Steps, Steps);
        await WatchAsync(new Runs.RunsClient(channel), cancellationToken);
    }

    private async Task SaveAsync(GrpcChannel channel, FakeWorker worker, CancellationToken cancellationToken)
    {
        await new Checkpoints.CheckpointsClient(channel).CommitAsync(
            new CommitCheckpointRequest
            {
                RunId = worker.Assignment.RunId,
                Generation = worker.Assignment.Generation,
                Checkpoint = new CheckpointEvent { Step = SavedStep, Path = "/out/checkpoints/step-00000003", WeightsDigest = SavedStep },
                RemovedSteps = { 1 },
            },
            CoordinatorFixture.Headers, cancellationToken: cancellationToken);
        _saved = true;
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
