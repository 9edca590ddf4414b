using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Knowledge.ClosedBook.Judging;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.ClosedBook.Judging;

public sealed class JudgeTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    private string Store => Path.Combine(_folder.Path, "store.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_sample_is_of_wrong_answers_and_the_same_for_the_same_seed()
    {
        var path = Predictions(100, right: 40);

        var (of, questions) = JudgedSample.Draw(path, TextMetrics.Named("squad"), 10, seed: 7);
        var (_, again) = JudgedSample.Draw(path, TextMetrics.Named("squad"), 10, seed: 7);
        var (_, other) = JudgedSample.Draw(path, TextMetrics.Named("squad"), 10, seed: 8);
        var (all, _) = JudgedSample.Draw(path, TextMetrics.Named("squad"), 1000, seed: 7);

        Assert.Equal((10, 100, 40, 60), (of.Sample, of.Questions, of.Right, all.Sample));
        Assert.Equal(10, questions.Select(question => question.Line).Distinct().Count());
        Assert.All(questions, question => Assert.True(question.Line > 40));
        Assert.Equal(questions.Select(question => question.Line), again.Select(question => question.Line));
        Assert.NotEqual(questions.Select(question => question.Line), other.Select(question => question.Line));
        Assert.Contains("there is nothing to judge", Assert.Throws<BadInputException>(() => JudgedSample.Draw(Predictions(3, right: 3), TextMetrics.Named("squad"), 1, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_judge_goes_on_where_a_killed_program_stopped_and_can_undo_what_was_before()
    {
        var (of, questions) = JudgedSample.Draw(Predictions(10, right: 4), TextMetrics.Named("squad"), 3, seed: 1);
        using (var store = new JudgeStore(Store, of))
        {
            store.Add("ann", questions[0].Line, Verdict.Phrasing, s_now);
            store.Add("ben", questions[0].Line, Verdict.TrueNegative, s_now);
            store.Add("ann", questions[1].Line, Verdict.Unanswerable, s_now);
        }

        File.AppendAllText(Store, "{\"number\":4,\"judge\":\"an");

        using var again = new JudgeStore(Store, of);
        var session = new JudgeSession(questions, again.Results, "ann");
        Assert.Equal((2, questions[2].Line), (session.Done, session.Next!.Line));

        Assert.Equal(questions[1].Line, session.Undo());
        again.Add("ann", questions[1].Line, verdict: null, s_now);
        Assert.Equal(questions[1].Line, new JudgeSession(questions, again.Results, "ann").Next!.Line);
        Assert.Equal(questions[0].Line, session.Undo());
        Assert.Null(session.Undo());
        Assert.Equal(questions[1].Line, new JudgeSession(questions, again.Results, "ben").Next!.Line);
    }

    [Fact]
    public void A_store_of_another_sample_is_refused()
    {
        var path = Predictions(10, right: 4);
        new JudgeStore(Store, JudgedSample.Draw(path, TextMetrics.Named("squad"), 3, seed: 1).Of).Dispose();

        Assert.Contains(
            "holds verdicts on other predictions, or on another sample",
            Assert.Throws<BadInputException>(() => new JudgeStore(Store, JudgedSample.Draw(path, TextMetrics.Named("squad"), 3, seed: 2).Of)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_counts_the_verdicts_that_stand_and_compares_judges()
    {
        var (of, questions) = JudgedSample.Draw(Predictions(10, right: 4), TextMetrics.Named("squad"), 4, seed: 1);
        using (var store = new JudgeStore(Store, of))
        {
            Verdict[] ann = [Verdict.TrueNegative, Verdict.Phrasing, Verdict.Unanswerable, Verdict.TrueNegative];
            Verdict[] ben = [Verdict.TrueNegative, Verdict.Phrasing, Verdict.TrueNegative];
            store.Add("ann", questions[0].Line, Verdict.Phrasing, s_now);
            store.Add("ann", questions[0].Line, verdict: null, s_now);
            Array.ForEach([.. ann.Index()], one => store.Add("ann", questions[one.Index].Line, one.Item, s_now));
            Array.ForEach([.. ben.Index()], one => store.Add("ben", questions[one.Index].Line, one.Item, s_now));
        }

        var (sample, entries) = JudgeStore.Read(Store);
        var report = JudgeReport.Of(sample, entries);

        Assert.Equal(of, sample);
        Assert.Equal(40, report.Score);
        // b = 0.4, a quarter right after all, a quarter unanswerable: (0.4 + 0.6 / 4) / (1 - 0.6 / 4).
        Assert.Equal(new JudgeTally("ann", 4, 2, 1, 0, 1, report.Judges[0].Adjusted), report.Judges[0]);
        Assert.Equal(100 * 0.55 / 0.85, report.Judges[0].Adjusted!.Value, 9);
        // On three questions: observed 2/3, expected 1/3 x 2/3 + 1/3 x 1/3 = 1/3.
        var agreement = Assert.Single(report.Agreements);
        Assert.Equal((3, 2), (agreement.Both, agreement.Agreed));
        Assert.Equal(0.5, agreement.Kappa!.Value, 9);
    }

    [Fact]
    public void The_adjusted_score_is_the_papers()
    {
        // 150 wrong answers: 20 other words, 20 missing annotations, 17 unanswerable.
        var adjusted = JudgeReport.Adjusted(0.352, 40 / 150.0, 17 / 150.0);

        Assert.Equal((0.352 + (0.648 * 40 / 150)) / (1 - (0.648 * 17 / 150)), adjusted!.Value, 12);
        Assert.Null(JudgeReport.Adjusted(0, 0, 1));
    }

    [Fact]
    public void Kappa_is_cohens_and_undefined_where_chance_alone_agrees()
    {
        // Cohen's two by two of 50: both yes 20, both no 15, 5 and 10 apart: 0.4.
        (Verdict, Verdict)[] pairs =
        [
            .. Enumerable.Repeat((Verdict.TrueNegative, Verdict.TrueNegative), 20),
            .. Enumerable.Repeat((Verdict.TrueNegative, Verdict.Phrasing), 5),
            .. Enumerable.Repeat((Verdict.Phrasing, Verdict.TrueNegative), 10),
            .. Enumerable.Repeat((Verdict.Phrasing, Verdict.Phrasing), 15),
        ];

        Assert.Equal(0.4, JudgeReport.Kappa(pairs)!.Value, 9);
        Assert.Null(JudgeReport.Kappa(pairs[..1]));
        Assert.Null(JudgeReport.Kappa([]));
    }

    private string Predictions(int count, int right)
    {
        var path = Path.Combine(_folder.Path, $"predictions-{count}-{right}.jsonl");
        using var file = new PredictionFile(path, "one");
        file.Add(Enumerable.Range(1, count).Select(line => new Prediction(line, $"q{line}", ["x"], line <= right ? "the X" : "b", 2, -1)));
        return path;
    }
}
