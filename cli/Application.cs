using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Grpc.Core;
using Orchestrator.Cli.Cluster;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Hosting;
using Orchestrator.Cli.Jobs;
using Orchestrator.Cli.Local;
using Orchestrator.Cli.Quickstart;
using Orchestrator.Core;

namespace Orchestrator.Cli;

/// <summary>What every command has at hand.</summary>
/// <param name="Terminal">Where it writes.</param>
/// <param name="Interrupts">Ctrl-C.</param>
/// <param name="Clock">Time.</param>
internal sealed record CommandContext(Terminal Terminal, Interrupts Interrupts, TimeProvider Clock);

/// <summary>The <c>orchestrator</c> command: parses, runs, and turns every outcome into an exit code.</summary>
internal static class Application
{
    /// <summary>Runs one command line.</summary>
    /// <returns>0 done, 1 failed, 2 bad input, 130 interrupted.</returns>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, Interrupts interrupts, TimeProvider clock)
    {
        var context = new CommandContext(terminal, interrupts, clock);
        var root = Root(context);
        var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Action is ParseErrorAction)
        {
            var path = Documented.PathOf(parsed.CommandResult.Command);
            var mistake = parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count > 0
                ? $"There is no command '{path} {parsed.UnmatchedTokens[0]}'"
                : parsed.Errors[0].Message.TrimEnd('.');
            terminal.Error.WriteLine($"{mistake}; '{path} --help' shows how it is used.");
            return ExitCodes.BadInput;
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, interrupts.Soft);
        }
        catch (BadInputException e)
        {
            return Say(e.Message, ExitCodes.BadInput);
        }
        catch (RpcException) when (interrupts.Soft.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (RpcException e)
        {
            var fault = RpcFault.Of(e);
            return Say(fault.Sentence, fault.ExitCode);
        }
        catch (SessionFailedException e)
        {
            return Say(e.Message, e.ExitCode);
        }
        catch (JobFailedException e)
        {
            return Say(e.Message, ExitCodes.Failed);
        }
        catch (OperationCanceledException)
        {
            return Say("Interrupted.", ExitCodes.Interrupted);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Say(e.Message, ExitCodes.Failed);
        }

        int Say(string sentence, int code)
        {
            terminal.Error.WriteLine(sentence);
            return code;
        }
    }

    /// <summary>The tree of commands.</summary>
    public static RootCommand Root(CommandContext context)
    {
        var root = new RootCommand("Orchestrator trains T5-family language models over worker processes; the weights depend on the run's spec alone.")
        {
            QuickstartCommand.Create(context),
            TrainCommand.Create(context),
            ResumeCommand.Create(context),
            RoleCommands.Coordinator(context),
            RoleCommands.Worker(context),
            SubmitCommand.Create(context),
            RunCommands.Runs(context),
            RunCommands.Status(context),
            RunCommands.Watch(context),
            RunCommands.Logs(context),
            RunCommands.Pause(context),
            RunCommands.Cancel(context),
            RunCommands.Explain(context),
            CheckpointCommand.Create(context),
            ReplayCommand.Create(context),
            VocabCommand.Create(context),
            StudyCommand.Create(context),
            CorpusCommand.Create(context),
            AnswerCommand.Create(context),
            EvaluateCommand.Create(context),
            KnowledgeCommand.Create(context),
            BreakdownCommand.Create(context),
            JudgeCommand.Create(context),
            DoctorCommand.Create(context),
            CompletionCommand.Create(context),
        };
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
        }

        return root;
    }
}
