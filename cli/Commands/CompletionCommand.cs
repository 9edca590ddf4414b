using System.CommandLine;
using Orchestrator.Cli.Hosting;

namespace Orchestrator.Cli.Commands;

/// <summary>Prints a script that makes a shell complete this command; the words come from the command itself, asked with <c>[suggest]</c>.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # source <(orchestrator completion bash)
        _orchestrator() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
          [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o filenames -F _orchestrator orchestrator
        """;

    private const string Zsh = """
        # source <(orchestrator completion zsh)
        _orchestrator() {
          local -a words_here
          words_here=("${(@f)$("${words[1]}" "[suggest:${#BUFFER}]" "$BUFFER" 2>/dev/null)}")
          if [[ -n "${words_here[1]}" ]]; then compadd -- "${words_here[@]}"; else _files; fi
        }
        compdef _orchestrator orchestrator
        """;

    private const string Fish = """
        # orchestrator completion fish | source
        complete -c orchestrator -a '(orchestrator "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    public static Command Create(CommandContext context)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Documented(
            "completion", "Prints a script for completion in a shell.", "source <(orchestrator completion bash)", "orchestrator completion fish | source")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            context.Terminal.Out.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCodes.Done;
        });
        return command;
    }
}
