using Grpc.Core;
using Orchestrator.Tests.Compat.Protos;

namespace Orchestrator.Tests.Compat.Grpc;

/// <summary>Echoes; tests override what they need otherwise.</summary>
public class EchoService : Echo.EchoBase
{
    public override Task<EchoReply> Unary(EchoRequest request, ServerCallContext context) =>
        Task.FromResult(new EchoReply { Text = request.Text, Payload = request.Payload });

    public override async Task<EchoReply> Collect(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        var texts = new List<string>();
        await foreach (var request in requestStream.ReadAllAsync())
        {
            texts.Add(request.Text);
        }

        return new EchoReply { Text = string.Join(' ', texts) };
    }

    public override async Task Repeat(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < request.Times; i++)
        {
            await responseStream.WriteAsync(new EchoReply { Text = $"{request.Text} {i}" });
        }
    }

    public override async Task Chat(
        IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext())
        {
            await responseStream.WriteAsync(new EchoReply { Text = requestStream.Current.Text });
        }
    }
}
