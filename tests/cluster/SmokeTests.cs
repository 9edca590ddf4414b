using Xunit;

namespace Orchestrator.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void The_runtime_is_that_of_global_json() => Assert.Equal(10, Environment.Version.Major);
}
