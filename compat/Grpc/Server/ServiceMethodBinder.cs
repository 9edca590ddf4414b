using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Turns the methods of a service into request handlers: interceptors outside, the service's method inside.</summary>
internal sealed class ServiceMethodBinder<TService>(MethodOptions options, ILogger logger) : ServiceBinderBase
    where TService : class
{
    public List<(IMethod Method, object[] Metadata, RequestDelegate Handler)> Methods { get; } = [];

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var call = Find<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method, typeof(TRequest), typeof(ServerCallContext));
            handler = async (request, context) =>
            {
                await using var service = Activated<TService>.Get(context);
                return await call(service.Instance, request, context);
            };
        }

        var pipeline = Wrap<UnaryServerMethod<TRequest, TResponse>>(handler, (next, get) => async (request, context) =>
        {
            await using var interceptor = get(context);
            return await interceptor.Instance.UnaryServerHandler(request, context, next);
        });
        Add(method, async call => await call.WriteSingleAsync(await pipeline(await call.ReadSingleAsync(), call)));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var call = Find<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
            handler = async (requests, context) =>
            {
                await using var service = Activated<TService>.Get(context);
                return await call(service.Instance, requests, context);
            };
        }

        var pipeline = Wrap<ClientStreamingServerMethod<TRequest, TResponse>>(handler, (next, get) => async (requests, context) =>
        {
            await using var interceptor = get(context);
            return await interceptor.Instance.ClientStreamingServerHandler(requests, context, next);
        });
        Add(method, async call => await call.WriteSingleAsync(await pipeline(call.Requests, call)));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var call = Find<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            handler = async (request, responses, context) =>
            {
                await using var service = Activated<TService>.Get(context);
                await call(service.Instance, request, responses, context);
            };
        }

        var pipeline = Wrap<ServerStreamingServerMethod<TRequest, TResponse>>(handler, (next, get) => async (request, responses, context) =>
        {
            await using var interceptor = get(context);
            await interceptor.Instance.ServerStreamingServerHandler(request, responses, context, next);
        });
        Add(method, async call => await pipeline(await call.ReadSingleAsync(), call.Responses, call));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var call = Find<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            handler = async (requests, responses, context) =>
            {
                await using var service = Activated<TService>.Get(context);
                await call(service.Instance, requests, responses, context);
            };
        }

        var pipeline = Wrap<DuplexStreamingServerMethod<TRequest, TResponse>>(handler, (next, get) => async (requests, responses, context) =>
        {
            await using var interceptor = get(context);
            await interceptor.Instance.DuplexStreamingServerHandler(requests, responses, context, next);
        });
        Add(method, call => pipeline(call.Requests, call.Responses, call));
    }

    private static TDelegate Find<TDelegate>(IMethod method, params Type[] parameters)
        where TDelegate : Delegate
    {
        var found = typeof(TService).GetMethod(method.Name, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no public method {method.Name} for {method.FullName}.");
        return found.CreateDelegate<TDelegate>();
    }

    private TPipeline Wrap<TPipeline>(TPipeline inner, Func<TPipeline, Func<ServerCallContext, Activated<Interceptor>>, TPipeline> step) =>
        options.Interceptors.Reverse().Aggregate(
            inner, (next, registration) => step(next, context => Activated<Interceptor>.Get(context, registration)));

    private void Add<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<ServerCall<TRequest, TResponse>, Task> body)
        where TRequest : class
        where TResponse : class
    {
        object[] metadata =
        [
            .. typeof(TService).GetCustomAttributes(inherit: true),
            .. typeof(TService).GetMethods().FirstOrDefault(m => m.Name == method.Name)?.GetCustomAttributes(inherit: true) ?? [],
        ];
        var handler = new ServerCallHandler<TRequest, TResponse>(method, options, logger, body);
        Methods.Add((method, metadata, handler.HandleAsync));
    }
}
