using System.CommandLine;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Evaluation.Breakdown;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Knowledge.ClosedBook.Judging;

namespace Orchestrator.Cli.Commands;

/// <summary>Lets people judge the answers that a metric calls wrong.</summary>
internal static class JudgeCommand
{
    private const string Keys = "t true negative   p phrasing   i incomplete annotation   u unanswerable   z undo   q stop";

    public static Command Create(CommandContext context)
    {
        var predictions = new Argument<string>("PREDICTIONS") { Description = "The file that 'orchestrator evaluate --out' wrote" };
        var sample = new Option<int>("--sample") { Description = "Wrong answers to judge", HelpName = "N", DefaultValueFactory = _ => 150 };
        var seed = new Option<long>("--seed") { Description = "Which wrong answers: same seed, same ones", HelpName = "N", DefaultValueFactory = _ => 1 };
        var judge = new Option<string>("--judge") { Description = "Who judges", HelpName = "NAME", Required = true };
        var task = new Option<string?>("--task") { Description = $"One of {string.Join(", ", ClosedBookTask.Names)}: its chief metric", HelpName = "NAME" };
        var metric = new Option<string?>("--metric") { Description = $"What says which answers are wrong, one of {string.Join(", ", TextMetrics.Exacts)} (left out: the task's, else squad)", HelpName = "NAME" };
        var store = new Option<string?>("--store") { Description = "Where verdicts go, of all judges (left out: PREDICTIONS.verdicts.jsonl)", HelpName = "FILE" };
        var command = new Documented(
            "judge",
            "Shows a sample of the answers that a metric calls wrong and takes verdicts, a key each; started again, it goes on.",
            "orchestrator judge predictions.jsonl --sample 150 --seed 1 --judge ann",
            "orchestrator judge report predictions.jsonl.verdicts.jsonl")
        {
            predictions, sample, seed, judge, task, metric, store, Report(context),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetValue(predictions)!;
            var name = parsed.GetValue(judge)!;
            Require(parsed.GetValue(sample) >= 1, $"sample: it was {parsed.GetValue(sample)}; choose at least 1.");
            Require(!string.IsNullOrWhiteSpace(name), "judge: nobody was named; say who judges.");
            var known = parsed.GetValue(task) is { } asked ? ClosedBookTask.Find(asked) ?? throw new BadInputException($"task: there is none named '{asked}'; choose from {string.Join(", ", ClosedBookTask.Names)}.") : null;
            var by = parsed.GetValue(metric) is { } given ? TextMetrics.Named(given) : EvaluationBreakdown.MetricOf(known?.Metrics ?? []);
            var (of, questions) = JudgedSample.Draw(path, by, parsed.GetValue(sample), parsed.GetValue(seed));
            using var verdicts = new JudgeStore(parsed.GetValue(store) ?? path + ".verdicts.jsonl", of);
            await JudgeAsync(context, verdicts, new JudgeSession(questions, verdicts.Results, name), name, cancellationToken);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task JudgeAsync(CommandContext context, JudgeStore store, JudgeSession session, string judge, CancellationToken cancellationToken)
    {
        var output = context.Terminal.Out;
        output.WriteLine(Keys);
        do
        {
            while (session.Next is { } question)
            {
                output.WriteLine($"\n{session.Done + 1} of {session.Questions.Count}, line {question.Line}\nquestion   {question.Input}\nright      {string.Join(" | ", question.Targets)}\nanswered   {question.Text}");
                output.Flush();
                if (await TakeAsync(context, store, session, judge, question.Line, cancellationToken))
                {
                    output.WriteLine($"\n{session.Done} of {session.Questions.Count} are judged; the same command goes on.");
                    return;
                }
            }
        }
        while (await UndoAsync(context, store, session, judge, cancellationToken));
    }

    // The last verdict can be taken back too, now or when a judged sample is looked at again. Whether it was.
    private static async Task<bool> UndoAsync(CommandContext context, JudgeStore store, JudgeSession session, string judge, CancellationToken cancellationToken)
    {
        context.Terminal.Out.WriteLine($"\nAll {session.Done} are judged.   z undo   any other key ends");
        context.Terminal.Out.Flush();
        if (await context.Terminal.ReadKeyAsync(context.Clock, cancellationToken) != 'z' || session.Undo() is not { } undone)
        {
            return false;
        }

        store.Add(judge, undone, verdict: null, context.Clock.GetUtcNow());
        return true;
    }

    // One verdict or undo. Whether the judge stops.
    private static async Task<bool> TakeAsync(CommandContext context, JudgeStore store, JudgeSession session, string judge, long line, CancellationToken cancellationToken)
    {
        while (true)
        {
            var key = await context.Terminal.ReadKeyAsync(context.Clock, cancellationToken);
            Verdict? verdict = key switch
            {
                't' => Verdict.TrueNegative,
                'p' => Verdict.Phrasing,
                'i' => Verdict.IncompleteAnnotation,
                'u' => Verdict.Unanswerable,
                _ => null,
            };
            if (verdict is { } given)
            {
                store.Add(judge, line, given, context.Clock.GetUtcNow());
                session.Judge(given);
                return false;
            }

            if (key is null or 'q')
            {
                return true;
            }

            if (key == 'z' && session.Undo() is { } undone)
            {
                store.Add(judge, undone, verdict: null, context.Clock.GetUtcNow());
                return false;
            }

            context.Terminal.Out.WriteLine(key == 'z' ? "There is nothing to undo." : Keys);
        }
    }

    private static Documented Report(CommandContext context)
    {
        var store = new Argument<string>("STORE") { Description = "The file that 'orchestrator judge' wrote" };
        var json = new Option<bool>("--json") { Description = "One JSON object" };
        var command = new Documented(
            "report",
            "Tells what judges found, how far they agree, and the score that follows.",
            "orchestrator judge report predictions.jsonl.verdicts.jsonl")
        {
            store, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var (sample, entries) = JudgeStore.Read(parsed.GetValue(store)!);
                var report = JudgeReport.Of(sample, entries);
                context.Terminal.Out.WriteLine(parsed.GetValue(json) ? RunEventJson.Line(JudgeText.Event(report)) : JudgeText.Of(report));
                return ExitCodes.Done;
            },
            cancellationToken));
        return command;
    }

    private static void Require(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new BadInputException(sentence);
        }
    }
}
