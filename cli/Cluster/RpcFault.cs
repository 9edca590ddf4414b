using System.Security.Authentication;
using Grpc.Core;
using Orchestrator.Cli.Hosting;

namespace Orchestrator.Cli.Cluster;

/// <summary>What a refused or failed call means to the person who typed the command.</summary>
/// <param name="Sentence">One plain sentence.</param>
/// <param name="ExitCode">1 failed, 2 bad input.</param>
internal sealed record RpcFault(string Sentence, int ExitCode)
{
    /// <summary>Judges a call's outcome.</summary>
    public static RpcFault Of(RpcException error) => error.StatusCode switch
    {
        StatusCode.Unavailable => new($"No coordinator answers ({error.Status.Detail.TrimEnd('.')}); start one with 'orchestrator coordinator', or name another with --coordinator URL.", ExitCodes.Failed),
        StatusCode.DeadlineExceeded => new("The coordinator did not answer within 20 seconds.", ExitCodes.Failed),
        StatusCode.Unauthenticated or StatusCode.PermissionDenied =>
            new("The coordinator refused the token; put its token into ORCHESTRATOR_TOKEN or name its file with --token-file.", ExitCodes.BadInput),
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition =>
            new(error.Status.Detail, ExitCodes.BadInput),
        _ when CertificateFault(error) is { } reason =>
            new($"The coordinator's certificate is not trusted ({reason.TrimEnd('.')}); add its authority to this machine's, or name the file in SSL_CERT_FILE.", ExitCodes.BadInput),
        _ => new($"The coordinator failed: {error.Status.Detail} ({error.StatusCode}).", ExitCodes.Failed),
    };

    private static string? CertificateFault(RpcException error)
    {
        for (var e = error.Status.DebugException; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException)
            {
                return e.Message;
            }
        }

        return null;
    }
}
