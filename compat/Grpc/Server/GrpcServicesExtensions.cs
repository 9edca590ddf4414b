using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds gRPC to an application.</summary>
    public static class GrpcServicesExtensions
    {
        /// <summary>Adds what <c>MapGrpcService</c> needs.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.AddRouting();
            services.AddOptions();
            services.TryAddSingleton<MappedServices>();
            return new Builder(services);
        }

        /// <summary>Adds what <c>MapGrpcService</c> needs, with options.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions)
        {
            ArgumentNullException.ThrowIfNull(configureOptions);
            return services.Configure(configureOptions).AddGrpc();
        }

        /// <summary>Sets options of one service.</summary>
        public static IGrpcServerBuilder AddServiceOptions<TService>(
            this IGrpcServerBuilder grpcBuilder, Action<GrpcServiceOptions<TService>> configure)
            where TService : class
        {
            ArgumentNullException.ThrowIfNull(grpcBuilder);
            grpcBuilder.Services.Configure(configure);
            return grpcBuilder;
        }

        private sealed record Builder(IServiceCollection Services) : IGrpcServerBuilder;
    }
}

namespace Grpc.AspNetCore.Server
{
    /// <summary>Adds more to gRPC.</summary>
    public interface IGrpcServerBuilder
    {
        /// <summary>The application's services.</summary>
        Microsoft.Extensions.DependencyInjection.IServiceCollection Services { get; }
    }

    /// <summary>The services that an application has mapped so far.</summary>
    internal sealed class MappedServices
    {
        public HashSet<string> Names { get; } = [];

        public bool CatchesAll { get; set; }
    }
}
