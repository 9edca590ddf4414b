using System.CommandLine;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Local;
using Orchestrator.Core;

namespace Orchestrator.Cli.Quickstart;

/// <summary>From text to a trained model on this machine, in one command.</summary>
internal static class QuickstartCommand
{
    /// <summary>Where it writes unless told otherwise.</summary>
    public const string DefaultFolder = "quickstart";

    public static Command Create(CommandContext context)
    {
        var steps = new Option<long?>("--steps") { Description = $"Training steps (left out: {QuickstartSpec.Steps})", HelpName = "N" };
        var workers = new Option<int>("--workers") { Description = $"Worker processes, from 1 to {QuickstartSpec.Microbatches}; the weights do not depend on it", HelpName = "N", DefaultValueFactory = _ => 2 };
        var text = new Option<string?>("--text") { Description = "A folder of HTML or text (left out: documentation that is installed here)", HelpName = "DIR" };
        var folder = new Option<string>("--out") { Description = "Where it writes; started again with the same folder, it goes on", HelpName = "DIR", DefaultValueFactory = _ => DefaultFolder };
        var seed = new Option<long?>("--seed") { Description = "Seed of weights, sample order and masking (left out: 1)", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "quickstart",
            "Takes real text, trains a vocabulary and a small T5 on it over worker processes, and shows what the model learnt.",
            "orchestrator quickstart",
            "orchestrator quickstart --steps 500 --workers 4 --out /tmp/try",
            "orchestrator quickstart --text ~/notes --seed 7 --json")
        {
            steps, workers, text, folder, seed, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(steps) is < 1)
            {
                throw new BadInputException($"--steps must be at least 1, was {parsed.GetValue(steps)}.");
            }

            if (parsed.GetValue(workers) is < 1 or > QuickstartSpec.Microbatches)
            {
                throw new BadInputException(
                    $"--workers must be from 1 to {QuickstartSpec.Microbatches}, the microbatches of a quickstart's step, was {parsed.GetValue(workers)}.");
            }

            var target = RunFolder.At(parsed.GetValue(folder)!);
            using var claim = target.Claim();
            var asked = QuickstartFolder.TakeUp(target, (parsed.GetValue(text), parsed.GetValue(steps), parsed.GetValue(seed)), () => new QuickstartFolder
            {
                Text = TextSources.Choose(parsed.GetValue(text), path => Directory.Exists(path) || File.Exists(path)),
                Steps = parsed.GetValue(steps) ?? QuickstartSpec.Steps,
                Seed = parsed.GetValue(seed) ?? 1,
            });
            var session = new QuickstartSession(context, target, parsed.GetValue(json));
            return await session.RunAsync(asked, parsed.GetValue(workers));
        });
        return command;
    }
}
