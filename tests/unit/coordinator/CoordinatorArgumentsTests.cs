using Orchestrator.Coordinator.Hosting;
using Orchestrator.Core;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

public sealed class CoordinatorArgumentsTests
{
    [Theory]
    [InlineData("", "--data is missing: name the folder where the coordinator keeps its state.")]
    [InlineData("--data", "--data needs a value; see --help.")]
    [InlineData("--data d --lisen http://a", "--lisen is not a known option; did you mean --listen?")]
    [InlineData("--data d --listen 7070", "--listen must be like http://127.0.0.1:7070, was 7070")]
    [InlineData("--data d", "No token: set ORCHESTRATOR_TOKEN or name a file with --token-file; the coordinator does not serve without one.")]
    public void What_is_missing_or_wrong_is_one_sentence(string line, string expected) =>
        Assert.Equal(expected, Assert.Throws<BadInputException>(() => Parse(line, null)).Message);

    [Fact]
    public void It_listens_on_loopback_unless_told_otherwise()
    {
        var settings = Parse("--data d", "secret");

        Assert.Equal(("http://127.0.0.1:7070/", "secret"), (settings.Listen.ToString(), settings.Token));
    }

    [Fact]
    public void A_token_file_counts_before_the_environment_and_its_line_end_does_not()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "from the file\n");

        Assert.Equal("from the file", Parse($"--data d --token-file {file}", "from the environment").Token);
        File.WriteAllText(file, " \n");
        Assert.Equal($"--token-file {file} is empty; put a token in it.", Assert.Throws<BadInputException>(() => Parse($"--data d --token-file {file}", null)).Message);
        File.Delete(file);
    }

    private static CoordinatorSettings Parse(string line, string? token) =>
        CoordinatorArguments.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), _ => token);
}
