using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps the methods of a generated service; an instance serves each call.</summary>
    /// <exception cref="InvalidOperationException">AddGrpc was not called, or the class is no generated service.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class => Map<TService>(builder, GeneratedService.Bind<TService>);

    /// <summary>Maps the methods of a definition whose handlers are given.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService(
        this IEndpointRouteBuilder builder, ServerServiceDefinition serviceDefinition)
    {
        ArgumentNullException.ThrowIfNull(serviceDefinition);
        return Map<ServerServiceDefinition>(builder, serviceDefinition.BindService);
    }

    /// <summary>Maps the methods of a definition made from the application's services.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService(
        this IEndpointRouteBuilder builder, Func<IServiceProvider, ServerServiceDefinition> mapDefinition)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(mapDefinition);
        return builder.MapGrpcService(mapDefinition(builder.ServiceProvider));
    }

    private static GrpcServiceEndpointConventionBuilder Map<TService>(IEndpointRouteBuilder builder, Action<ServiceBinderBase> bind)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.ServiceProvider;
        var mapped = services.GetService<MappedServices>()
            ?? throw new InvalidOperationException("gRPC's services are missing; call services.AddGrpc() where the application is configured.");
        var options = MethodOptions.Merge(
            services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value,
            services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value);
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler");
        var binder = new ServiceMethodBinder<TService>(options, logger);
        bind(binder);

        var endpoints = new List<IEndpointConventionBuilder>();
        foreach (var (method, metadata, handler) in binder.Methods)
        {
            var endpoint = builder.MapMethods(method.FullName, ["POST"], handler);
            endpoint.WithDisplayName($"gRPC - {method.FullName}");
            endpoint.WithMetadata([new GrpcMethodMetadata(typeof(TService), method), .. metadata]);
            endpoints.Add(endpoint);
        }

        if (!options.IgnoreUnknown)
        {
            MapUnknown(builder, mapped, endpoints, binder.Methods.Select(method => method.Method.ServiceName).Distinct());
        }

        return new(endpoints);
    }

    private static void MapUnknown(
        IEndpointRouteBuilder builder, MappedServices mapped, List<IEndpointConventionBuilder> endpoints, IEnumerable<string> names)
    {
        if (!mapped.CatchesAll)
        {
            mapped.CatchesAll = true;
            endpoints.Add(MapUnimplemented(builder, "{service}/{unknown}", "Service is unimplemented."));
        }

        foreach (var name in names.Where(mapped.Names.Add))
        {
            endpoints.Add(MapUnimplemented(builder, name + "/{unknown}", "Method is unimplemented."));
        }
    }

    private static IEndpointConventionBuilder MapUnimplemented(IEndpointRouteBuilder builder, string pattern, string detail)
    {
        var constrained = RoutePatternFactory.Parse(pattern, defaults: null, parameterPolicies: new { unknown = new GrpcRequestConstraint() });
        return builder.Map(constrained, context => ResponseTrailers.EndWithoutBody(context, new Status(StatusCode.Unimplemented, detail)))
            .WithDisplayName("gRPC - " + detail);
    }

    private sealed class GrpcRequestConstraint : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            httpContext is not null && HttpMethods.IsPost(httpContext.Request.Method) && Protocol.IsGrpcContentType(httpContext.Request.ContentType);
    }
}

/// <summary>Adds conventions, such as authorisation, to all endpoints of a service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly IReadOnlyList<IEndpointConventionBuilder> _endpoints;

    internal GrpcServiceEndpointConventionBuilder(IReadOnlyList<IEndpointConventionBuilder> endpoints) => _endpoints = endpoints;

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var endpoint in _endpoints)
        {
            endpoint.Add(convention);
        }
    }

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var endpoint in _endpoints)
        {
            endpoint.Finally(finallyConvention);
        }
    }
}
