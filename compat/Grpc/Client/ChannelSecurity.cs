using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>What channel credentials come to: TLS or not, and credentials for each call.</summary>
internal sealed class ChannelSecurity : ChannelCredentialsConfiguratorBase
{
    private readonly List<CallCredentials> _callCredentials = [];

    public ChannelSecurity(ChannelCredentials? credentials) => credentials?.InternalPopulateConfiguration(this, this);

    /// <summary>Null: the credentials do not say.</summary>
    public bool? IsSecure { get; private set; }

    public IReadOnlyList<CallCredentials> CallCredentials => _callCredentials;

    public override void SetInsecureCredentials(object state) => IsSecure = false;

    public override void SetSslCredentials(
        object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        if (rootCertificates is not null || keyCertificatePair is not null || verifyPeerCallback is not null)
        {
            throw new InvalidOperationException(
                "SslCredentials with root certificates, a client certificate or a callback are not supported; set them on GrpcChannelOptions.HttpHandler.");
        }

        IsSecure = true;
    }

    public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, this);
        _callCredentials.Add(callCredentials);
    }
}

/// <summary>Collects the metadata of call credentials.</summary>
internal sealed class CredentialMetadata : CallCredentialsConfiguratorBase
{
    private readonly List<AsyncAuthInterceptor> _interceptors = [];

    public static async Task<Metadata> CollectAsync(IEnumerable<CallCredentials> credentials, AuthInterceptorContext context)
    {
        var collector = new CredentialMetadata();
        foreach (var one in credentials)
        {
            one.InternalPopulateConfiguration(collector, null);
        }

        var metadata = new Metadata();
        foreach (var interceptor in collector._interceptors)
        {
            await interceptor(context, metadata);
        }

        return metadata;
    }

    public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
    {
        foreach (var one in credentials)
        {
            one.InternalPopulateConfiguration(this, state);
        }
    }

    public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => _interceptors.Add(interceptor);
}
