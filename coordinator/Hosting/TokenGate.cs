using Microsoft.Extensions.Primitives;
using Orchestrator.Coordinator.Storage;

namespace Orchestrator.Coordinator.Hosting;

/// <summary>Lets a call in that carries a token, and calls of the health service. Stands before every service, so that none can forget it.</summary>
internal sealed class TokenGate(RequestDelegate next, TokenStore tokens)
{
    private const string Scheme = "Bearer ";
    private const int Unauthenticated = 16;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/grpc.health.v1.Health", StringComparison.Ordinal) || IsAllowed(context.Request.Headers.Authorization))
        {
            return next(context);
        }

        // A gRPC answer that consists of its status alone.
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = Unauthenticated.ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = "the token is missing or wrong: send metadata 'authorization: Bearer TOKEN' with the token that the coordinator was started with";
        return Task.CompletedTask;
    }

    private bool IsAllowed(StringValues header) =>
        header.Count == 1 && header[0] is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && tokens.Accepts(value[Scheme.Length..].Trim());
}
