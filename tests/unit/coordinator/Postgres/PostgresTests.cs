using System.Diagnostics;
using Grpc.Core;
using Grpc.Health.V1;
using Npgsql;
using Orchestrator.Coordinator.Storage;
using Orchestrator.Core;
using Orchestrator.Protos.V1;
using Orchestrator.Tests.Coordinator.Crashes;
using Xunit;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Orchestrator.Tests.Coordinator.Postgres;

public sealed class PostgresTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly IReadOnlyList<StoreWrite> s_line = [new AddLogLine("a", new LogLine { Text = "a line" })];

    [Fact]
    public async Task One_leads_and_when_it_lets_go_the_next_has_a_later_term()
    {
        var (one, other) = await StoresAsync();
        using var first = one.TryLead("http://one")!;
        Assert.Null(other.TryLead("http://other"));
        Assert.Equal("http://one", other.Leader());
        first.Commit(s_line);
        first.Dispose();

        using var second = await LeadAsync(other, "http://other");

        Assert.Equal((first.Term + 1, "http://other"), (second.Term, one.Leader()));
        Assert.Single(other.Logs("a", 0, 10));
    }

    [Fact]
    public async Task A_deposed_leader_whose_connection_stands_can_neither_write_nor_answer()
    {
        var database = await server.DatabaseAsync();
        var store = new SqlRunStore(new PostgresDialect(database), "it");
        using var session = store.TryLead("http://one")!;
        await AskAsync(database, "UPDATE leader SET term = term + 1");

        Assert.Throws<LeadershipLostException>(() => session.Commit(s_line));
        Assert.Throws<LeadershipLostException>(() => session.Commit([]));
        Assert.Throws<LeadershipLostException>(session.Renew);
        Assert.Empty(store.Logs("a", 0, 10));
    }

    [Fact]
    public async Task A_leader_that_stands_still_is_replaced_and_finds_its_connection_gone()
    {
        var database = await server.DatabaseAsync();
        var (one, other) = (new SqlRunStore(new PostgresDialect(database), "it"), new SqlRunStore(new PostgresDialect(database), "it"));
        using var session = one.TryLead("http://one")!;
        Assert.Null(other.TryLead("http://other"));
        session.Commit(s_line);
        await AskAsync(database, "UPDATE leader SET renewed = now() - interval '4 seconds'");

        using var second = await LeadAsync(other, "http://other");

        Assert.Throws<LeadershipLostException>(() => session.Commit(s_line));
        Assert.Single(other.Logs("a", 0, 10));
    }

    [Fact]
    public async Task A_killed_leader_is_replaced_within_five_seconds_and_the_run_goes_on()
    {
        var database = await server.DatabaseAsync();
        await using var files = await CoordinatorFixture.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var story = new Story(files.Spec(steps: 6), files.OutDir);
        await using var first = (await CoordinatorProcess.StartAsync(Path.Combine(files.Folder, "one"), "commit.AddStep:3", database))!;
        await using var second = (await CoordinatorProcess.StartAsync(Path.Combine(files.Folder, "other"), failpoint: null, database))!;
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new Runs.RunsClient(second.Channel).ListAsync(new ListRunsRequest(), CoordinatorFixture.Headers));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Equal(first.Advertised, refused.Trailers.GetValue("orchestrator-leader"));
        Assert.Equal((ServingStatus.Serving, ServingStatus.Serving), await HealthAsync(first));
        Assert.Equal((ServingStatus.Serving, ServingStatus.NotServing), await HealthAsync(second));

        Assert.False(await story.GoOnAsync(first.Channel, limit.Token));
        await first.DieAsync();
        var watch = Stopwatch.StartNew();
        while (!await LeadsAsync(second))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), "nobody leads");
        }

        await story.CheckAsync(second.Channel);
        var ended = await story.GoOnAsync(second.Channel, limit.Token);
        Assert.True(ended, $"the run did not end: {story.Broke}; {(ended ? "" : await second.EndAsync())}");
        await story.CheckAsync(second.Channel);
    }

    [Theory]
    [InlineData("no connection string")]
    [InlineData("Username=me")]
    public void What_is_no_connection_string_is_refused(string text) =>
        Assert.StartsWith("--database must be like", Assert.Throws<BadInputException>(() => new PostgresDialect(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_database_that_is_not_there_is_one_sentence() =>
        Assert.StartsWith("It cannot be used: ", Assert.Throws<BadInputException>(() => new SqlRunStore(new PostgresDialect("Host=/nowhere;Username=me"), "It")).Message, StringComparison.Ordinal);

    private async Task<(SqlRunStore One, SqlRunStore Other)> StoresAsync()
    {
        var database = await server.DatabaseAsync();
        return (new SqlRunStore(new PostgresDialect(database), "it"), new SqlRunStore(new PostgresDialect(database), "it"));
    }

    // The server frees the lock of an ended connection a moment later.
    private static async Task<IStoreSession> LeadAsync(SqlRunStore store, string address)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (store.TryLead(address) is { } session)
            {
                return session;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        throw new TimeoutException("the lock was not freed");
    }

    private static async Task<(ServingStatus Process, ServingStatus Leader)> HealthAsync(CoordinatorProcess coordinator)
    {
        var client = new Health.HealthClient(coordinator.Channel);
        return ((await client.CheckAsync(new HealthCheckRequest())).Status, (await client.CheckAsync(new HealthCheckRequest { Service = "leader" })).Status);
    }

    private static async Task<bool> LeadsAsync(CoordinatorProcess coordinator)
    {
        try
        {
            await new Runs.RunsClient(coordinator.Channel).ListAsync(new ListRunsRequest(), CoordinatorFixture.Headers);
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            return false;
        }
    }

    private static async Task AskAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
