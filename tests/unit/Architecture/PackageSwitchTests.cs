using System.Text.RegularExpressions;
using Xunit;

namespace Orchestrator.Tests.Architecture;

public sealed partial class PackageSwitchTests
{
    // What the product is built from; native/torch is a stand-in's native half.
    private static readonly string[] s_product =
        ["core", "protos", "training", "worker", "coordinator", "cli", "native/collectives", "native/kernels", "native/text"];

    [Fact]
    public void No_product_file_mentions_where_an_engine_comes_from()
    {
        var files = s_product
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*", SearchOption.AllDirectories))
            .Where(file => !Built().IsMatch(file))
            .ToList();

        var mentions = files.Where(file => Choice().IsMatch(File.ReadAllText(file))).Select(file => Path.GetRelativePath(Repository.Root, file));

        Assert.Contains(Repository.PathOf("worker", "Orchestrator.Worker.csproj"), files);
        Assert.Empty(mentions);
    }

    [Theory]
    [InlineData("<PropertyGroup Condition=\"'$(GrpcFrom)' == 'compat'\">")]
    [InlineData("<TorchSharpDir>/opt/torch</TorchSharpDir>")]
    [InlineData("<ProjectReference Include=\"../compat/Grpc/Grpc.csproj\" />")]
    [InlineData("typeof(x).Assembly.GetName().Name == \"Orchestrator.Compat.TorchSharp\"")]
    [InlineData("#if COMPAT")]
    public void A_mention_is_seen(string text) => Assert.Matches(Choice(), text);

    [GeneratedRegex(@"(TorchSharp|Grpc)(From|Dir|Runtime)\b|compat/(Grpc|TorchSharp)|Orchestrator\.Compat|#if\s+!?COMPAT", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Choice();

    [GeneratedRegex("/(bin|obj)/", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Built();
}
