using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Orchestrator.Worker.Coordination;
using Xunit;

namespace Orchestrator.Tests.Worker.Coordination;

public sealed class CoordinatorClientTests
{
    [Fact]
    public async Task A_hello_that_breaks_with_its_connection_is_said_again()
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        ending.CancelAfter(TimeSpan.FromSeconds(30));
        using var line = new CoordinatorLine([new Uri("http://127.0.0.1:1")], "token");
        var said = new List<string>();
        var client = new CoordinatorClient(
            new BreakingOnce(said, ending), line, () => new Hello { WorkerId = "one" }, new Outbox<WorkerMessage>(), _ => { }, TimeProvider.System,
            NullLogger<CoordinatorClient>.Instance);

        await client.RunAsync(ending.Token);

        Assert.Equal(["broken", "one"], said);
    }

    /// <summary>Sessions of which the first breaks while it is written to; what the second hears ends the client.</summary>
    private sealed class BreakingOnce(List<string> said, CancellationTokenSource ending) : Workers.WorkersClient
    {
        public override AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage> Session(CallOptions options) => new(
            new Writer(said, ending), new Reader(), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    private sealed class Writer(List<string> said, CancellationTokenSource ending) : IClientStreamWriter<WorkerMessage>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task CompleteAsync() => Task.CompletedTask;

        public Task WriteAsync(WorkerMessage message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(WorkerMessage message, CancellationToken cancellationToken)
        {
            if (said.Count == 0)
            {
                said.Add("broken");
                return Task.FromException(new HttpIOException(HttpRequestError.InvalidResponse, "The server did not complete the HTTP/2 handshake."));
            }

            said.Add(message.Hello.WorkerId);
            return ending.CancelAsync();
        }
    }

    private sealed class Reader : IAsyncStreamReader<CoordinatorMessage>
    {
        public CoordinatorMessage Current => throw new InvalidOperationException("Nothing was read.");

        public Task<bool> MoveNext(CancellationToken cancellationToken) => Task.FromResult(false);
    }
}
