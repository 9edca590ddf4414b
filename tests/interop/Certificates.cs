using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.InteropTests;

/// <summary>An authority, a server's and a client's certificate that it signed, and a stranger's that it did not; as objects and as PEM files.</summary>
internal sealed class Certificates : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Until = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("certificates-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Certificates()
    {
        var request = new CertificateRequest("CN=authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        Authority = request.CreateSelfSigned(From, Until);
        File.WriteAllText(PathOf("authority.pem"), Authority.ExportCertificatePem());
        Server = Issue("server", 1, Authority);
        Client = Issue("worker-7", 2, Authority);
        Stranger = Issue("stranger", 3, issuer: null);
    }

    public X509Certificate2 Authority { get; }

    public X509Certificate2 Server { get; }

    public X509Certificate2 Client { get; }

    public X509Certificate2 Stranger { get; }

    /// <summary>A PEM file: authority.pem, or NAME.pem and NAME.key of server, worker-7 and stranger.</summary>
    public string PathOf(string file) => Path.Combine(_folder.FullName, file);

    /// <summary>Whether this authority signed it.</summary>
    public bool Trusts(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        foreach (var certificate in new[] { Authority, Server, Client, Stranger })
        {
            certificate.Dispose();
        }

        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    private X509Certificate2 Issue(string name, byte serial, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var signed = issuer is null ? null : request.Create(issuer, From, Until, [serial]);
        using var certificate = signed?.CopyWithPrivateKey(key) ?? request.CreateSelfSigned(From, Until);
        File.WriteAllText(PathOf(name + ".pem"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf(name + ".key"), key.ExportPkcs8PrivateKeyPem());
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
