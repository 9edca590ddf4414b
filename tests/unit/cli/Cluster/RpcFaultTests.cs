using System.Security.Authentication;
using Grpc.Core;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Hosting;
using Xunit;

namespace Orchestrator.Tests.Cli.Cluster;

public sealed class RpcFaultTests
{
    [Fact]
    public void A_certificate_that_is_not_trusted_is_called_so_and_not_a_fault_of_the_coordinator()
    {
        var transport = new HttpRequestException("The SSL connection could not be established.", new AuthenticationException("The chain is broken."));

        var fault = RpcFault.Of(new RpcException(new Status(StatusCode.Internal, "Error starting the call.", transport)));

        Assert.Equal(ExitCodes.BadInput, fault.ExitCode);
        Assert.StartsWith("The coordinator's certificate is not trusted (The chain is broken)", fault.Sentence);
    }

    [Fact]
    public void Another_failure_inside_the_coordinator_keeps_its_own_words()
    {
        var fault = RpcFault.Of(new RpcException(new Status(StatusCode.Internal, "The disk is full.")));

        Assert.Equal(ExitCodes.Failed, fault.ExitCode);
        Assert.Contains("The disk is full.", fault.Sentence);
    }
}
