using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Evaluation.Breakdown;
using Xunit;

namespace Orchestrator.Tests.Core.Evaluation.Breakdown;

public sealed class EvaluationBreakdownTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Questions_are_counted_by_word_type_length_and_what_was_trained_on()
    {
        Prediction[] predictions =
        [
            Answer(1, "nq question: who wrote hamlet", "Shakespeare", 0.9, "William Shakespeare", "shakespeare"),
            Answer(2, "nq question: who is the author of macbeth", "Marlowe", 0.5, "Shakespeare"),
            Answer(3, "nq question: when was he born", "1564", 0.25, "1564"),
        ];
        var training = new TrainingOverlap([("who was hamlet wrote by", ["Shakespeare"]), ("capital of france", ["Paris"])]);

        var breakdown = EvaluationBreakdown.Of(predictions, TextMetrics.Named("squad"), "nq question: ", training);

        Assert.Equal(new BreakdownRow("all", 3, 2), breakdown.All);
        Assert.Equal(["question word", "answer type", "answer length", "trained on"], breakdown.Tables.Select(table => table.Name));
        Assert.Equal([new("who", 2, 1), new("when", 1, 1)], breakdown.Tables[0].Rows);
        Assert.Equal([new("person", 2, 1), new("date", 1, 1)], breakdown.Tables[1].Rows);
        Assert.Equal([new("1", 2, 1), new("2", 1, 1)], breakdown.Tables[2].Rows);
        Assert.Equal([new("answer only", 1, 0), new("none", 1, 1), new("question", 1, 1)], breakdown.Tables[3].Rows);
        Assert.Equal(50, breakdown.Tables[0].Rows[0].Accuracy);
    }

    [Fact]
    public void Questions_that_the_metric_does_not_count_are_left_out_and_sets_of_answers_are_taken_apart()
    {
        Prediction[] predictions =
        [
            Answer(1, "when", "answer: 1999 answer: 2000", 1, "answer: 2000 answer: 1999", "answer: 1999"),
            Answer(2, "when", "answer: 1999", 1, "answer: 1999", ""),
        ];

        var breakdown = EvaluationBreakdown.Of(predictions, TextMetrics.Named("nq_recall"), "", training: null);

        Assert.Equal(new BreakdownRow("all", 1, 1), breakdown.All);
        Assert.Equal(new BreakdownRow("date", 1, 1), Assert.Single(breakdown.Tables[1].Rows));
        Assert.Contains("choose from accuracy, exact_match, squad", Assert.Throws<BadInputException>(() => EvaluationBreakdown.Of(predictions, TextMetrics.Named("f1"), "", null)).Message, StringComparison.Ordinal);
        Assert.Contains("counts none", Assert.Throws<BadInputException>(() => EvaluationBreakdown.Of(predictions[1..], TextMetrics.Named("nq_recall"), "", null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Calibration_compares_each_bins_confidence_with_how_often_it_is_right()
    {
        // Bin (0.7, 0.8]: confidence 0.75, half right; bin (0, 0.1]: confidence 0.05 and 0, none right.
        var calibration = Calibration.Of([Of(true, 0.8), Of(false, 0.7000001), Of(false, 0.05), Of(false, 0)]);

        Assert.Equal(10, calibration.Bins.Count);
        Assert.Equal((2, 0.5), (calibration.Bins[7].Questions, calibration.Bins[7].Accuracy));
        Assert.Equal((2, 0.025), (calibration.Bins[0].Questions, calibration.Bins[0].Confidence));
        Assert.Equal(((2 * 0.25) + (2 * 0.025)) / 4, calibration.Error, 6);
    }

    [Fact]
    public void Coverage_takes_the_most_confident_answers_first()
    {
        var calibration = Calibration.Of([.. Enumerable.Range(0, 20).Select(i => Of(isRight: i >= 10, confidence: i / 20.0))]);

        Assert.Equal([2, 4, 6, 8, 10, 12, 14, 16, 18, 20], calibration.Coverage.Select(point => point.Questions));
        Assert.Equal((1.0, 0.5), (calibration.Coverage[4].Accuracy, calibration.Coverage[9].Accuracy));
        Assert.Equal((0.5, 0.9), (calibration.Coverage[4].Confidence, calibration.Coverage[0].Confidence));
    }

    [Fact]
    public void A_predictions_file_is_read_without_changing_it_and_its_unfinished_line_left_out()
    {
        var path = Path.Combine(_folder.Path, "predictions.jsonl");
        using (var file = new PredictionFile(path, "one"))
        {
            file.Add(Answer(3, "who", "a", 0.5, "b"), Answer(1, "when", "é\u2028", 1, "c", "d"));
        }

        File.AppendAllText(path, "{\"line\": 4");
        var before = File.ReadAllBytes(path);

        var read = PredictionFile.Read(path);

        Assert.Equal([(3, "a", 1), (1, "é\u2028", 2)], read.Select(prediction => (prediction.Line, prediction.Text, prediction.Targets.Count)));
        Assert.Equal(before, File.ReadAllBytes(path));
        File.WriteAllText(path, "{\"evaluation\":\"one\"}\n{}\n");
        Assert.Equal($"{path}:2 is not a prediction; remove the line, or the file.", Assert.Throws<BadInputException>(() => PredictionFile.Read(path)).Message);
    }

    private static Prediction Answer(long line, string input, string text, double probability, params string[] targets) => new(line, input, targets, text, 2, Math.Log(probability));

    private static AnsweredQuestion Of(bool isRight, double confidence) => new("q", ["a"], isRight, confidence);
}
