using Grpc.AspNetCore.HealthChecks;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds the health service.</summary>
    public static class GrpcHealthChecksServiceExtensions
    {
        /// <summary>Adds what <c>MapGrpcHealthChecksService</c> needs. Without a check the status is Unknown.</summary>
        public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.TryAddSingleton<HealthServiceImpl>();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, HealthPublisher>());
            services.Configure<GrpcHealthChecksOptions>(options => options.Services.Map("", _ => true));
            return services.AddHealthChecks();
        }

        /// <summary>Adds what <c>MapGrpcHealthChecksService</c> needs, with options.</summary>
        public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var builder = services.AddGrpcHealthChecks();
            services.Configure(configure);
            return builder;
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>Maps the health service.</summary>
    public static class GrpcHealthChecksEndpointRouteBuilderExtensions
    {
        /// <summary>Maps <c>grpc.health.v1.Health</c> over the application's health checks.</summary>
        public static GrpcServiceEndpointConventionBuilder MapGrpcHealthChecksService(this IEndpointRouteBuilder builder) =>
            builder.MapGrpcService<HealthService>();
    }
}
