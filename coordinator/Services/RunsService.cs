using Grpc.Core;
using Orchestrator.Coordinator.Scheduling;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Services;

/// <summary>Wire edge of runs: parses, validates, delegates.</summary>
internal sealed class RunsService(Conductor conductor, IRunStore store, RunFeeds feeds, Submissions submissions, IHostApplicationLifetime lifetime) : Runs.RunsBase
{
    private const int PageSize = 512;
    private const int MaxListed = 1000;

    /// <exception cref="RpcException"><see cref="StatusCode.InvalidArgument"/> with every mistake of the spec, a line each.</exception>
    public override Task<Run> Submit(SubmitRequest request, ServerCallContext context) => RpcEdge.Answer(async () =>
    {
        var facts = submissions.Read(request);
        var folder = FolderHistory.Read(facts);
        return await conductor.AskAsync(state => state.Submit(facts, folder), context.CancellationToken);
    });

    public override Task<Run> Get(RunRequest request, ServerCallContext context) => Ask(context, state => state.Describe(request.RunId));

    public override Task<ListRunsReply> List(ListRunsRequest request, ServerCallContext context)
    {
        RpcEdge.Require(request.Limit is >= 0 and <= MaxListed, $"limit must be from 0 (for {MaxListed}) to {MaxListed}, was {request.Limit}");
        return Ask(context, state =>
        {
            var reply = new ListRunsReply();
            reply.Runs.Add(state.List(request.Limit == 0 ? MaxListed : request.Limit, request.IncludeEnded));
            return reply;
        });
    }

    public override Task<Run> Pause(RunRequest request, ServerCallContext context) => Ask(context, state => state.Pause(request.RunId));

    public override Task<Run> Resume(RunRequest request, ServerCallContext context) => Ask(context, state => state.Resume(request.RunId));

    public override Task<Run> Cancel(RunRequest request, ServerCallContext context) => Ask(context, state => state.Cancel(request.RunId));

    public override Task<Explanation> Explain(RunRequest request, ServerCallContext context) =>
        Ask(context, state => new Explanation { Text = state.Explain(request.RunId) });

    public override async Task Watch(WatchRequest request, IServerStreamWriter<RunEvent> responseStream, ServerCallContext context)
    {
        RpcEdge.Require(request.FromSequence >= 0, $"from_sequence must be at least 0, was {request.FromSequence}");
        await Ask(context, state => state.Describe(request.RunId));
        var next = Math.Max(1, request.FromSequence);
        await Follow(request.RunId, context, async () =>
        {
            while (store.Events(request.RunId, next, PageSize) is { Count: > 0 } page)
            {
                foreach (var told in page)
                {
                    await responseStream.WriteAsync(told, context.CancellationToken);
                    next = told.Sequence + 1;
                }
            }
        });
    }

    public override async Task Logs(LogsRequest request, IServerStreamWriter<LogLine> responseStream, ServerCallContext context)
    {
        await Ask(context, state => state.Describe(request.RunId));
        long last = 0;
        async Task WriteNew()
        {
            while (store.Logs(request.RunId, last, PageSize) is { Count: > 0 } page)
            {
                foreach (var (id, line) in page)
                {
                    await responseStream.WriteAsync(line, context.CancellationToken);
                    last = id;
                }
            }
        }

        if (request.Follow)
        {
            await Follow(request.RunId, context, WriteNew);
        }
        else
        {
            await WriteNew();
        }
    }

    public override async Task Metrics(MetricsRequest request, IServerStreamWriter<StepEvent> responseStream, ServerCallContext context)
    {
        await Ask(context, state => state.Describe(request.RunId));
        var next = Math.Max(1, request.FromStep);
        while (store.Steps(request.RunId, next, PageSize) is { Count: > 0 } page)
        {
            foreach (var step in page)
            {
                await responseStream.WriteAsync(step, context.CancellationToken);
                next = step.Step + 1;
            }
        }
    }

    // What is stored, then what comes, until the run has ended and all of it was told.
    private async Task Follow(string runId, ServerCallContext context, Func<Task> writeNew)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            while (true)
            {
                var (_, ended, more) = feeds.Of(runId).Look();
                await writeNew();
                if (ended)
                {
                    return;
                }

                await more.WaitAsync(ending.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw RpcEdge.Failure(StatusCode.Unavailable, "the coordinator is stopping; try again");
        }
    }

    private Task<T> Ask<T>(ServerCallContext context, Func<ControlState, T> what) => RpcEdge.Answer(() => conductor.AskAsync(what, context.CancellationToken));
}
