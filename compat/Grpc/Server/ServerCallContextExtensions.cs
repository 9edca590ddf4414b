using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>Reaches from a call to its HTTP request.</summary>
public static class ServerCallContextExtensions
{
    private const string Key = "__HttpContext";

    /// <summary>The HTTP request that the call is.</summary>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        if (serverCallContext is IHttpCall call)
        {
            return call.HttpContext;
        }

        // Doubles of a context in tests put the request there.
        return serverCallContext.UserState.TryGetValue(Key, out var http) && http is HttpContext context
            ? context
            : throw new InvalidOperationException("This call's context has no HTTP request.");
    }
}
