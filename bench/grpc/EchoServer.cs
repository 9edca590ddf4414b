using System.Globalization;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Bench.Grpc.Protos;

namespace Orchestrator.Bench.Grpc;

/// <summary>The benchmark's service over plain HTTP/2 on a free loopback port.</summary>
internal sealed class EchoServer : Echo.EchoBase
{
    /// <summary>Prints the port and serves until standard input ends.</summary>
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options => options.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var application = builder.Build();
        application.MapGrpcService<EchoServer>();
        await application.StartAsync();
        Console.WriteLine(new Uri(application.Urls.Single()).Port);
        await Console.In.ReadToEndAsync();
    }

    /// <inheritdoc/>
    public override Task<Message> Unary(Message request, ServerCallContext context) => Task.FromResult(request);

    /// <inheritdoc/>
    public override async Task Chat(IAsyncStreamReader<Message> requestStream, IServerStreamWriter<Message> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            await responseStream.WriteAsync(requestStream.Current);
        }
    }

    /// <inheritdoc/>
    public override async Task Pour(Message request, IServerStreamWriter<Message> responseStream, ServerCallContext context)
    {
        var message = new Message { Body = ByteString.CopyFrom(new byte[100]) };
        for (var left = int.Parse(request.Body.ToStringUtf8(), CultureInfo.InvariantCulture); left > 0; left--)
        {
            await responseStream.WriteAsync(message);
        }
    }
}
