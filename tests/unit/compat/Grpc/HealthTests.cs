using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Orchestrator.Tests.Compat.Grpc;

public sealed class HealthTests
{
    private HealthStatus _database = HealthStatus.Healthy;

    [Fact]
    public async Task The_server_serves_while_every_check_is_healthy_and_not_after()
    {
        await using var server = await StartAsync();
        var client = new Health.HealthClient(server.Channel);

        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        _database = HealthStatus.Unhealthy;
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest { Service = "front" })).Status);
    }

    [Fact]
    public async Task A_service_that_is_not_known_is_not_found_by_check_and_unknown_to_watch()
    {
        await using var server = await StartAsync();
        var client = new Health.HealthClient(server.Channel);

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new HealthCheckRequest { Service = "nobody" }));
        using var watch = client.Watch(new HealthCheckRequest { Service = "nobody" });

        Assert.Equal(StatusCode.NotFound, fault.StatusCode);
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.ServiceUnknown, watch.ResponseStream.Current.Status);
    }

    [Fact]
    public async Task A_watch_tells_the_status_now_and_ends_with_NotServing_when_the_server_stops()
    {
        await using var server = await StartAsync();
        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest());

        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.Serving, watch.ResponseStream.Current.Status);
        server.BeginToStop();
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        Assert.False(await watch.ResponseStream.MoveNext());
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(
        new EchoService(),
        services: services => services
            .AddGrpcHealthChecks(options => options.Services.Map("front", check => check.Name == "front"))
            .AddCheck("database", () => new HealthCheckResult(_database))
            .AddCheck("front", () => HealthCheckResult.Healthy()),
        map: application => application.MapGrpcHealthChecksService());
}
