using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Studies;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Knowledge.Studies;

namespace Orchestrator.Cli.Commands;

/// <summary><c>study cbqa</c>.</summary>
internal static class StudyCbqaCommand
{
    public static Documented Create(CommandContext context)
    {
        var size = new Option<string>("--size") { Description = $"One of {string.Join(", ", ClosedBookRecipes.Sizes)}", HelpName = "SIZE", Required = true };
        var dataset = new Option<string>("--dataset") { Description = $"One of {string.Join(", ", ClosedBookRecipes.Datasets)}", HelpName = "NAME", Required = true };
        var data = new Option<string[]>("--data") { Description = "A file of the questions to train on, as published; may be named again", HelpName = "FILE", Required = true };
        var test = new Option<string>("--test") { Description = "The file of the questions to be tested on", HelpName = "FILE", Required = true };
        var from = new Option<string?>("--from") { Description = "The pre-trained checkpoint's folder, or one of Hugging Face (left out: it is pre-trained on the corpus)", HelpName = "DIR" };
        var corpus = new Option<string?>("--corpus") { Description = "The corpus to pre-train on and to take salient spans from", HelpName = "DIR" };
        var spans = new Option<string?>("--spans") { Description = "Sentences that 'corpus spans' wrote, in place of the corpus's", HelpName = "DIR" };
        var plain = new Option<bool>("--no-ssm") { Description = "No salient spans between pre-training and questions" };
        var scale = new Option<double>("--scale") { Description = "What steps and batches are multiplied by", HelpName = "X", DefaultValueFactory = _ => 1 };
        var heldOut = new Option<double>("--held-out") { Description = "Share of the questions that is held out in place of the published rows, for files that are a part of them", HelpName = "SHARE" };
        var seed = new Option<int>("--seed") { Description = "Seed of the weights and of every order", HelpName = "N", DefaultValueFactory = _ => 1 };
        var workers = new Option<int>("--workers") { Description = "Workers of a run", HelpName = "N", DefaultValueFactory = _ => 1 };
        var threads = new Option<int?>("--threads") { Description = "Compute threads of a worker (left out: the processors divided among the workers)", HelpName = "N" };
        var folder = new Option<string>("--out") { Description = "Where it writes; run again in the same folder, it does what is left", HelpName = "DIR", Required = true };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "cbqa",
            "Makes a published model of closed-book question answering again: pre-trained, salient spans, fine-tuned, tested.",
            "orchestrator study cbqa --size base --dataset nq --from t5-base --corpus wikipedia --data NQ-open.train.jsonl --test NQ-open.dev.jsonl --workers 8 --out cbqa-nq",
            "orchestrator study cbqa --size v1_1-large --dataset wq --from t5-v1_1-large --no-ssm --data wq/trainmodel.json --data wq/val.json --data wq/devtest.json --test wq/test.json --out cbqa-wq",
            "orchestrator study cbqa --size tiny --dataset nq --corpus corpus --data nq.holdout.jsonl --held-out 0.1 --test nq-open.dev.jsonl --scale 0.001 --out cbqa-tiny")
        {
            size, dataset, data, test, from, corpus, spans, plain, scale, heldOut, seed, workers, threads, folder, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var count = parsed.GetValue(workers);
            var settings = new CbqaSettings
            {
                Size = parsed.GetValue(size)!,
                Dataset = parsed.GetValue(dataset)!,
                Data = parsed.FullPaths(data),
                Test = parsed.FullPath(test),
                From = parsed.FullPathOrNull(from),
                Corpus = parsed.FullPathOrNull(corpus),
                Spans = parsed.FullPathOrNull(spans),
                Salient = !parsed.GetValue(plain),
                Scale = parsed.GetValue(scale),
                HeldOut = parsed.GetValue(heldOut),
                Seed = parsed.GetValue(seed),
                Workers = count,
                Threads = parsed.GetValue(threads) ?? Math.Max(1, Environment.ProcessorCount / Math.Max(1, count)),
            };
            var notes = settings.Validate();
            foreach (var note in notes)
            {
                Say(context, note, parsed.GetValue(json));
            }

            var plan = CbqaPlan.Of(settings);
            var target = StudyFolder.At(parsed.GetValue(folder)!);
            using var claim = target.Processes.Claim();
            return await StudyRunCommand.RunAsync(
                context, plan, jobs => new CbqaWork(plan, jobs, notes), target, count, settings.Threads, elsewhere: null, parsed.GetValue(json));
        });
        return command;
    }

    private static void Say(CommandContext context, string note, bool json)
    {
        if (json)
        {
            context.Terminal.Out.WriteLine(RunEventJson.Line(new JsonObject { ["event"] = "note", ["text"] = note }));
        }
        else
        {
            context.Terminal.Error.WriteLine(note);
        }
    }
}
