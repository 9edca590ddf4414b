using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Reads who a client is out of its certificate.</summary>
internal static class PeerCertificate
{
    private const string CommonName = "x509_common_name";
    private const string AlternativeName = "x509_subject_alternative_name";
    private const string Pem = "x509_pem_cert";

    public static AuthContext ToAuthContext(X509Certificate2 certificate)
    {
        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            foreach (var name in extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(ip => ip.ToString())))
            {
                Add(AlternativeName, name);
            }
        }

        if (certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } commonName)
        {
            Add(CommonName, commonName);
        }

        Add(Pem, certificate.ExportCertificatePem());
        var identity = properties.ContainsKey(AlternativeName) ? AlternativeName
            : properties.ContainsKey(CommonName) ? CommonName : Pem;
        return new(identity, properties);

        void Add(string name, string value)
        {
            if (!properties.TryGetValue(name, out var list))
            {
                properties[name] = list = [];
            }

            list.Add(AuthProperty.Create(name, Encoding.UTF8.GetBytes(value)));
        }
    }
}
