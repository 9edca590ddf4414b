using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Coordinator.Hosting;
using Orchestrator.Core;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

public sealed class RefusalTests
{
    [Fact]
    public async Task A_spec_with_three_mistakes_is_refused_with_three_lines()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync("batch: {microbatches: 0}\nseeds: 1\nmodel: {preset: t5-tiny}\ndata: {corpus: /c}"));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(["spec:1: batch.microbatches", "spec:2: seeds is", "spec:3: model.preset"],
            error.Status.Detail.Split('\n').Select(line => string.Join(' ', line.Split(' ').Take(line.Contains("seeds", StringComparison.Ordinal) ? 3 : 2))));
    }

    [Fact]
    public async Task A_corpus_that_is_not_there_is_named()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync("data: {corpus: /nowhere/corpus}"));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("/nowhere/corpus", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model: {vocabulary: 499}", "model.vocabulary must be at least 500")]
    [InlineData("objective: {mean_span_length: 1000}", "data.corpus is too small", 60_000)]
    [InlineData("seed: 1", "data.corpus is too small", 20_000)]
    public async Task What_does_not_go_with_the_corpus_is_refused(string more, string expected, int inputLength = 64)
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var spec = coordinator.Spec(more: more).Replace("input_length: 64", $"input_length: {inputLength}", StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync(spec));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.True(error.Status.Detail.Contains(expected, StringComparison.Ordinal) || error.Status.Detail.Contains("sentinels", StringComparison.Ordinal), error.Status.Detail);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("a token for tests")]
    public async Task A_call_without_the_right_token_is_refused(string? header)
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var headers = new Metadata();
        if (header is not null)
        {
            headers.Add("authorization", header);
        }

        var error = await Assert.ThrowsAsync<RpcException>(async () => await coordinator.Runs.ListAsync(new ListRunsRequest(), headers));

        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        Assert.Contains("token", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_told_without_a_token()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var reply = await new Grpc.Health.V1.Health.HealthClient(coordinator.Channel).CheckAsync(new Grpc.Health.V1.HealthCheckRequest());

        Assert.Equal(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, reply.Status);
    }

    [Fact]
    public async Task A_worker_of_another_version_is_refused_and_both_versions_are_named()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => FakeWorker.ConnectAsync(coordinator.Channel, "old", version: "0.9.0"));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("0.9.0", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("1.2.3", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_runs_cannot_write_to_one_folder_until_the_first_has_ended()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var first = await coordinator.SubmitAsync(coordinator.Spec());
        var error = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync(coordinator.Spec(), coordinator.OutDir + "/"));

        Assert.Equal(StatusCode.AlreadyExists, error.StatusCode);
        Assert.Contains(first.RunId, error.Status.Detail, StringComparison.Ordinal);
        await coordinator.Runs.CancelAsync(new RunRequest { RunId = first.RunId }, CoordinatorFixture.Headers);
        Assert.NotEqual(first.RunId, (await coordinator.SubmitAsync(coordinator.Spec())).RunId);
        var resume = await Assert.ThrowsAsync<RpcException>(async () => await coordinator.Runs.ResumeAsync(new RunRequest { RunId = first.RunId }, CoordinatorFixture.Headers));
        Assert.Equal(StatusCode.AlreadyExists, resume.StatusCode);
    }

    [Fact]
    public async Task The_same_key_is_one_run_also_after_a_restart_and_another_spec_under_it_is_refused()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var first = await coordinator.SubmitAsync(coordinator.Spec(), key: "k");
        await coordinator.RestartAsync();
        var second = await coordinator.SubmitAsync(coordinator.Spec(), key: "k");

        Assert.Equal(first.RunId, second.RunId);
        var error = await Assert.ThrowsAsync<RpcException>(() => coordinator.SubmitAsync(coordinator.Spec(steps: 9), key: "k"));
        Assert.Equal(StatusCode.AlreadyExists, error.StatusCode);
    }

    [Fact]
    public async Task Nobody_meets_in_a_generation_that_is_over()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(steps: 10));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        await worker.AssignedAsync();
        var scope = new RendezvousScope { RunId = run.RunId, Generation = 1 };
        await coordinator.Rendezvous.SetAsync(new RendezvousSetRequest { Scope = scope, Key = "a", Value = Google.Protobuf.ByteString.CopyFromUtf8("x") }, CoordinatorFixture.Headers);
        var value = await coordinator.Rendezvous.GetAsync(new RendezvousGetRequest { Scope = scope, Key = "a" }, CoordinatorFixture.Headers);
        Assert.Equal("x", value.Value.ToStringUtf8());
        var waiting = coordinator.Rendezvous.WaitAsync(new RendezvousWaitRequest { Scope = scope, Keys = { "a", "b" } }, CoordinatorFixture.Headers);

        await worker.LeftAsync(Left.Types.Outcome.PeerLost, text: "test");

        var error = await Assert.ThrowsAsync<RpcException>(async () => await waiting);
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        await worker.AssignedAsync();
        error = await Assert.ThrowsAsync<RpcException>(async () =>
            await coordinator.Checkpoints.CommitAsync(
                new CommitCheckpointRequest { RunId = run.RunId, Generation = 1, Checkpoint = new CheckpointEvent { Step = 1, Path = "/out/checkpoints/step-00000001" } },
                CoordinatorFixture.Headers));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
    }

    [Fact]
    public async Task A_run_that_is_not_there_is_NotFound()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => coordinator.GetAsync("nothing"));

        Assert.Equal((StatusCode.NotFound, "there is no run nothing"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task A_waiting_run_says_what_it_waits_for()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var run = await coordinator.SubmitAsync(coordinator.Spec(workersMin: 2, workersMax: 2));
        await using var worker = await FakeWorker.ConnectAsync(coordinator.Channel, "one");
        var text = (await coordinator.Runs.ExplainAsync(new RunRequest { RunId = run.RunId }, CoordinatorFixture.Headers)).Text;

        Assert.Contains("needs 2 workers, 1 is free", text, StringComparison.Ordinal);
        Assert.Equal([("one", "idle", "here", 4711)], (await coordinator.GetAsync(run.RunId)).Workers.Select(w => (w.WorkerId, w.State, w.Host, w.ProcessId)));
    }

    [Fact]
    public async Task A_port_in_use_and_a_folder_in_use_are_one_sentence_each()
    {
        await using var coordinator = await CoordinatorFixture.StartAsync();
        var other = Directory.CreateTempSubdirectory("coordinator-").FullName;

        var port = await Assert.ThrowsAsync<BadInputException>(() => CoordinatorHost.StartAsync(
            new CoordinatorSettings { DataFolder = other, Token = "t", Listen = coordinator.Address }, CancellationToken.None));
        var folder = await Assert.ThrowsAsync<BadInputException>(() => CoordinatorHost.StartAsync(
            new CoordinatorSettings { DataFolder = Path.Combine(coordinator.Folder, "data"), Token = "t", Listen = new Uri("http://127.0.0.1:0") }, CancellationToken.None));

        Assert.Equal($"The coordinator cannot listen at {coordinator.Address.GetLeftPart(UriPartial.Authority)}: the port is in use; name another with --listen.", port.Message);
        Assert.Contains("another coordinator", folder.Message, StringComparison.Ordinal);
        Directory.Delete(other, recursive: true);
    }

    [Fact]
    public async Task The_endpoint_file_names_the_url_while_the_coordinator_serves()
    {
        var coordinator = await CoordinatorFixture.StartAsync();
        var file = Path.Combine(coordinator.Folder, "data", "endpoint");
        using var channel = GrpcChannel.ForAddress((await File.ReadAllTextAsync(file)).Trim());
        Assert.Empty((await new Runs.RunsClient(channel).ListAsync(new ListRunsRequest(), CoordinatorFixture.Headers)).Runs);

        await coordinator.DisposeAsync();

        Assert.False(File.Exists(file));
    }
}
