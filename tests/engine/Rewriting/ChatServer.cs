using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Tests.Worker.Rewriting;

/// <summary>A chat completions endpoint on a free port that answers as a test says.</summary>
internal sealed class ChatServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _open;

    private ChatServer(WebApplication application) => _application = application;

    /// <summary>The base URL.</summary>
    public string Url => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/v1";

    /// <summary>Prompts in the order in which they came.</summary>
    public ConcurrentQueue<string> Prompts { get; } = new();

    /// <summary>Values of Authorization that came.</summary>
    public ConcurrentBag<string> Authorizations { get; } = [];

    /// <summary>The most requests that were open at once.</summary>
    public int MostOpen { get; private set; }

    /// <summary>Starts one.</summary>
    /// <param name="answer">Answers a request, given its prompt and its number from 1.</param>
    public static async Task<ChatServer> StartAsync(Func<HttpContext, string, int, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ChatServer(builder.Build());
        server._application.MapPost("/v1/chat/completions", async context =>
        {
            // As servers that read by Content-Length, such as Python's http.server.
            if (context.Request.ContentLength is null)
            {
                await FailAsync(context, StatusCodes.Status411LengthRequired, "a request without Content-Length");
                return;
            }

            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            var prompt = body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()!;
            server.Authorizations.Add(context.Request.Headers.Authorization.ToString());
            int number;
            lock (server.Prompts)
            {
                server.Prompts.Enqueue(prompt);
                number = server.Prompts.Count;
                server.MostOpen = Math.Max(server.MostOpen, ++server._open);
            }

            try
            {
                await answer(context, prompt, number);
            }
            finally
            {
                lock (server.Prompts)
                {
                    server._open--;
                }
            }
        });
        await server._application.StartAsync();
        return server;
    }

    /// <summary>Answers with a completion.</summary>
    public static Task CompleteAsync(HttpContext context, string text) =>
        context.Response.WriteAsJsonAsync(new { choices = new[] { new { message = new { role = "assistant", content = text } } } });

    /// <summary>Answers with a status and a text.</summary>
    public static Task FailAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();
}
