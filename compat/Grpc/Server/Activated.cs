using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>An object for one call: the container's own if it has one, else created and disposed after the call.</summary>
internal readonly struct Activated<T>(T instance, bool created) : IAsyncDisposable
    where T : class
{
    public T Instance => instance;

    public static Activated<T> Get(ServerCallContext context)
    {
        var services = context.GetHttpContext().RequestServices;
        return services.GetService<T>() is { } registered
            ? new(registered, false)
            : new(ActivatorUtilities.CreateInstance<T>(services), true);
    }

    public static Activated<T> Get(ServerCallContext context, InterceptorRegistration registration)
    {
        var services = context.GetHttpContext().RequestServices;
        return registration.Arguments.Count == 0 && services.GetService(registration.Type) is T registered
            ? new(registered, false)
            : new((T)ActivatorUtilities.CreateInstance(services, registration.Type, [.. registration.Arguments]), true);
    }

    public async ValueTask DisposeAsync()
    {
        if (!created)
        {
            return;
        }

        if (instance is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            (instance as IDisposable)?.Dispose();
        }
    }
}
