using System.CommandLine;
using Orchestrator.Cli;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Local;
using Orchestrator.Protos.V1;
using Xunit;

namespace Orchestrator.Tests.Cli;

public sealed class ApplicationTests
{
    public static TheoryData<string> Examples => [.. Commands(Root()).OfType<Documented>().SelectMany(c => c.Examples).Where(e => e.StartsWith("orchestrator ", StringComparison.Ordinal))];

    [Fact]
    public void Every_command_has_examples()
    {
        var without = Commands(Root()).Where(c => c is not RootCommand).Where(c => c is not Documented { Examples.Count: > 0 }).Select(Documented.PathOf);

        Assert.Empty(without);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_in_the_help_is_a_command_line_that_parses(string example)
    {
        var line = example.Split(" > ")[0].Split(" | ")[0]["orchestrator ".Length..];

        Assert.Empty(Root().Parse(line).Errors);
    }

    [Theory]
    [InlineData("frobnicate", "There is no command 'orchestrator frobnicate'; 'orchestrator --help' shows how it is used.")]
    [InlineData("quickstart --workers 9", "--workers must be from 1 to 4, the microbatches of a quickstart's step, was 9.")]
    [InlineData("quickstart --steps 0", "--steps must be at least 1, was 0.")]
    [InlineData("quickstart --text /nowhere/at/all --out {out}", "--text: /nowhere/at/all does not exist; name a folder of HTML or text files.")]
    [InlineData("train /nowhere/run.yaml", "/nowhere/run.yaml: does not exist; name a run spec, for example one of examples/")]
    [InlineData("train examples/tiny.yaml --workers 5 --out {out}", "--workers must be from 1 to 4, since a step has 4 microbatches and a worker needs one of its own; was 5.")]
    [InlineData("resume /nowhere/at/all", "There is no folder /nowhere/at/all; name the folder that quickstart or train was given.")]
    [InlineData("resume {out}", "{out} holds no run; name the folder that quickstart or train was given.")]
    [InlineData("status --coordinator ftp://x", "--coordinator must be a URL such as http://127.0.0.1:7070, was 'ftp://x'.")]
    [InlineData("status --token-file /nowhere/token", "--token-file: /nowhere/token does not exist.")]
    [InlineData("status --out {out}", "--out: {out} holds no run; name the folder that quickstart or train was given.")]
    [InlineData("replay nosuch --step 5", "There is no folder nosuch, and no token to ask a coordinator for a run of that id: name a run's folder, or set ORCHESTRATOR_TOKEN or --token-file.")]
    [InlineData("corpus build --input x", "Option '--out' is required; 'orchestrator corpus build --help' shows how it is used.")]
    [InlineData("doctor --threads 0", "threads: must be at least 1, was 0.")]
    [InlineData("study bios generate --templates 47 --out {out}", "--templates must be at most 46, the sentences that there are of every attribute, was 47; leave it out for all.")]
    [InlineData("study bios run examples/bios/smoke.yaml --coordinator http://127.0.0.1:1 --out {out}", "No token: set ORCHESTRATOR_TOKEN or name a file with --token-file.")]
    [InlineData("completion tcsh", "Argument 'tcsh' not recognized. Must be one of:\n\t'bash'\n\t'zsh'\n\t'fish'; 'orchestrator completion --help' shows how it is used.")]
    public async Task Bad_input_is_one_sentence_on_standard_error_and_exit_code_2(string line, string sentence)
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await RunAsync(line.Replace("{out}", folder.Path, StringComparison.Ordinal).Replace("examples/", Repository.PathOf("examples") + "/", StringComparison.Ordinal));

        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Equal("", output);
        Assert.Equal(sentence.Replace("{out}", folder.Path, StringComparison.Ordinal), error.TrimEnd());
    }

    [Fact]
    public async Task A_coordinator_that_does_not_answer_is_one_sentence_and_exit_code_1()
    {
        using var folder = new TemporaryFolder();
        var token = System.IO.Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(token, "secret", TestContext.Current.CancellationToken);
        using var held = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        held.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var port = ((System.Net.IPEndPoint)held.LocalEndPoint!).Port;

        var (code, _, error) = await RunAsync($"status --coordinator http://127.0.0.1:{port} --token-file {token}");

        Assert.Equal(ExitCodes.Failed, code);
        Assert.StartsWith("No coordinator answers (", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("study bios run --help", "left out: one is started here, with workers, whatever ORCHESTRATOR_COORDINATOR says")]
    [InlineData("study facts run --help", "left out: one is started here, with workers, whatever ORCHESTRATOR_COORDINATOR says")]
    [InlineData("status --help", "else ORCHESTRATOR_COORDINATOR, else http://127.0.0.1:7070")]
    public async Task Help_says_where_a_coordinator_is_looked_for(string line, string where)
    {
        var (_, output, _) = await RunAsync(line);

        Assert.Contains(where, System.Text.RegularExpressions.Regex.Replace(output, @"\s+", " "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_of_a_local_run_that_has_ended_shows_how_it_was_left()
    {
        using var folder = new TemporaryFolder();
        LeftRun.Write(RunFolder.At(folder.Path), new Run
        {
            RunId = "r1",
            Name = "tiny",
            State = RunState.Succeeded,
            Reason = "all 30 steps are done",
            Step = 30,
            TotalSteps = 30,
            Spent = new WorkerTimes { Compute = 6, Start = 2 },
        });

        var (code, output, _) = await RunAsync($"status --out {folder.Path}");

        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("state       succeeded: all 30 steps are done", output, StringComparison.Ordinal);
        Assert.Contains("goodput     75.0% of 8.0 worker-seconds", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_ends_with_the_commands_examples()
    {
        var (code, output, _) = await RunAsync("corpus inspect --help");

        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("Examples:\n  orchestrator corpus inspect corpus", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shells_are_told_the_commands_that_begin_with_what_was_typed()
    {
        var terminal = new Terminal(new StringWriter(), new StringWriter(), Screen: null);
        using var interrupts = new Interrupts();

        var code = await Application.RunAsync(["[suggest:17]", "orchestrator chec"], terminal, interrupts, TimeProvider.System);

        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal("checkpoint", terminal.Out.ToString()!.Trim());
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        var terminal = new Terminal(new StringWriter(), new StringWriter(), Screen: null);
        using var interrupts = new Interrupts();
        var code = await Application.RunAsync(line.Split(' '), terminal, interrupts, TimeProvider.System);
        return (code, terminal.Out.ToString()!, terminal.Error.ToString()!);
    }

    private static RootCommand Root() => Application.Root(new CommandContext(new Terminal(TextWriter.Null, TextWriter.Null, Screen: null), new Interrupts(), TimeProvider.System));

    private static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);
}
