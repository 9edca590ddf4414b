using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orchestrator.Tests.Compat.Protos;
using Xunit;

namespace Orchestrator.Tests.Compat.Grpc;

/// <summary>Alone, because it measures the heap.</summary>
[CollectionDefinition(nameof(FuzzTests), DisableParallelization = true)]
public sealed class FuzzCollection;

[Collection(nameof(FuzzTests))]
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Paths = ["Unary", "Collect", "Repeat", "Chat", "Nothing"];
    private static readonly string[] Types = ["application/grpc", "application/grpc+proto", "application/grpc;x", "text/plain", "application/grpc-web"];
    private static readonly string[] Encodings = ["identity", "gzip", "deflate", "br", "gzip, gzip", "\u0001"];
    private static readonly string[] Timeouts = ["1H", "1n", "5m", "", "99999999H", "x", "10S"];

    [Fact]
    public Task The_server_answers_mutated_requests_and_goes_on() => FuzzServerAsync(seed: 1, TimeSpan.FromSeconds(1));

    [Fact]
    public Task The_client_ends_calls_with_mutated_responses_and_goes_on() => FuzzClientAsync(seed: 2, TimeSpan.FromSeconds(1));

    [Fact]
    [Trait("Length", "long")]
    public Task The_server_answers_mutated_requests_for_half_a_minute() => FuzzServerAsync(seed: 3, TimeSpan.FromSeconds(30));

    [Fact]
    [Trait("Length", "long")]
    public Task The_client_ends_calls_with_mutated_responses_for_half_a_minute() => FuzzClientAsync(seed: 4, TimeSpan.FromSeconds(30));

    private async Task FuzzServerAsync(int seed, TimeSpan duration)
    {
        await using var server = await TestServer.StartAsync(new EchoService());
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var random = new Random(seed);
        var answers = new SortedDictionary<string, int>(StringComparer.Ordinal);

        await RunAsync(duration, async () =>
        {
            var answer = await RawCall.PostAsync(
                http,
                $"{server.Address}/orchestrator.tests.Echo/{Pick(random, Paths)}",
                Mutated(random, new EchoRequest { Text = "hello", Times = 2, Payload = ByteString.CopyFrom(new byte[300]) }),
                random.Next(8) == 0 ? Pick(random, Types) : Types[0],
                headers: [("grpc-encoding", random.Next(2) == 0 ? "gzip" : Pick(random, Encodings)), ("grpc-timeout", Pick(random, Timeouts)), ("x-y-bin", "*")]);
            var what = answer.Status?.ToString() ?? answer.Http.ToString();
            answers[what] = answers.GetValueOrDefault(what) + 1;
        });

        output.WriteLine(string.Join(", ", answers.Select(pair => $"{pair.Key}: {pair.Value}")));
        Assert.Empty(server.Errors);
        Assert.DoesNotContain("Unknown", answers.Keys);
        Assert.Contains("OK", answers.Keys);
        Assert.Equal("still here", (await new Echo.EchoClient(server.Channel).UnaryAsync(new EchoRequest { Text = "still here" })).Text);
    }

    private async Task FuzzClientAsync(int seed, TimeSpan duration)
    {
        var random = new Random(seed);
        await using var server = await TestServer.StartAsync(new EchoService(), map: application => application.MapPost(
            "/{**path}",
            async context =>
            {
                context.Response.ContentType = random.Next(10) == 0 ? Pick(random, Types) : Types[0];
                context.Response.Headers["grpc-encoding"] = Encodings[random.Next(4)];
                await context.Response.Body.WriteAsync(Mutated(random, new EchoReply { Text = "hello", Payload = ByteString.CopyFrom(new byte[300]) }));
                context.Response.AppendTrailer("grpc-status", random.Next(-2, 20).ToString());
                context.Response.AppendTrailer("grpc-message", $"%{(char)random.Next(32, 127)}%41%{(char)random.Next(32, 127)}");
                context.Response.AppendTrailer("x-y-bin", "*");
            }).WithOrder(-1));
        var client = new Echo.EchoClient(server.Channel);
        var answers = new SortedDictionary<string, int>(StringComparer.Ordinal);

        await RunAsync(duration, async () =>
        {
            var what = "OK";
            try
            {
                using var call = client.Repeat(new EchoRequest());
                await foreach (var reply in call.ResponseStream.ReadAllAsync())
                {
                    Assert.NotNull(reply);
                }
            }
            catch (RpcException exception)
            {
                what = exception.StatusCode.ToString();
            }

            answers[what] = answers.GetValueOrDefault(what) + 1;
        });

        output.WriteLine(string.Join(", ", answers.Select(pair => $"{pair.Key}: {pair.Value}")));
        Assert.Equal(0, server.Channel.ActiveCalls);
        Assert.Contains("OK", answers.Keys);
        Assert.True(answers.Count > 5, "the mutations should reach many statuses");
    }

    // Runs cases until the time is up; memory may not grow from the first fifth of the time to its end.
    private async Task RunAsync(TimeSpan duration, Func<Task> one)
    {
        var clock = Stopwatch.StartNew();
        var count = 0;
        long? early = null;
        while (clock.Elapsed < duration)
        {
            await one();
            count++;
            if (early is null && clock.Elapsed > duration / 5)
            {
                early = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - early!.Value;
        output.WriteLine($"{count} cases, heap grew by {grown / 1024} KiB");
        Assert.True(grown < 8 * 1024 * 1024, $"the heap grew by {grown} bytes over {count} cases");
    }

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];

    private static byte[] Mutated(Random random, IMessage message)
    {
        var bytes = Enumerable.Range(0, random.Next(4)).SelectMany(_ => RawCall.Frame(message.ToByteArray())).ToArray();
        for (var i = random.Next(4); i > 0 && bytes.Length > 0; i--)
        {
            switch (random.Next(4))
            {
                case 0:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[random.Next(Math.Min(5, bytes.Length))] = (byte)random.Next(3);
                    break;
                case 2:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                default:
                    var more = new byte[random.Next(50)];
                    random.NextBytes(more);
                    bytes = [.. bytes, .. more];
                    break;
            }
        }

        return bytes;
    }
}
