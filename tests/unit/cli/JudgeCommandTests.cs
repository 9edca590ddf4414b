using System.Text.Json;
using Orchestrator.Cli;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core.Evaluation;
using Xunit;

namespace Orchestrator.Tests.Cli;

public sealed class JudgeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _predictions;

    public JudgeCommandTests()
    {
        _predictions = Path.Combine(_folder.Path, "predictions.jsonl");
        using var file = new PredictionFile(_predictions, "one");
        file.Add(Enumerable.Range(1, 5).Select(line => new Prediction(line, $"nq question: who is {line}", ["x"], line == 1 ? "X" : "b", 2, Math.Log(0.5))));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Keys_that_are_piped_in_are_verdicts_and_the_next_call_goes_on()
    {
        var (code, output, _) = await RunAsync($"judge {_predictions} --sample 4 --judge ann", "tx p\nz");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("1 of 4 are judged; the same command goes on.", output, StringComparison.Ordinal);

        (code, output, _) = await RunAsync($"judge {_predictions} --sample 4 --judge ann", "piutttt");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("All 4 are judged.", output, StringComparison.Ordinal);

        await RunAsync($"judge {_predictions} --sample 4 --judge ben", "tpiq");
        (code, output, _) = await RunAsync($"judge report {_predictions}.verdicts.jsonl --json");
        Assert.Equal(ExitCodes.Done, code);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(20, report.GetProperty("score").GetDouble());
        Assert.Equal([4, 3], report.GetProperty("judges").EnumerateArray().Select(judge => judge.GetProperty("judged").GetInt32()));
        Assert.Equal(1, report.GetProperty("judges")[0].GetProperty("unanswerable").GetInt32());
        Assert.Equal(3, report.GetProperty("agreements")[0].GetProperty("agreed").GetInt32());
        (_, output, _) = await RunAsync($"judge report {_predictions}.verdicts.jsonl");
        Assert.Contains("ann and ben: the same verdict on 3 of 3, Cohen's kappa 1.000", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_very_last_verdict_can_be_taken_back_at_once_and_when_a_judged_sample_is_looked_at_again()
    {
        var (code, output, _) = await RunAsync($"judge {_predictions} --sample 4 --judge ann", "ttttzp\n");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal(2, output.Split("\n4 of 4, line ").Length - 1);
        Assert.EndsWith("All 4 are judged.   z undo   any other key ends\n", output, StringComparison.Ordinal);
        Assert.Equal("3 and 1", await CountsAsync());

        (code, output, _) = await RunAsync($"judge {_predictions} --sample 4 --judge ann", "zzipx");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal("2 and 1", await CountsAsync());

        (code, _, _) = await RunAsync($"judge {_predictions} --sample 4 --judge ann", "xz");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal("2 and 1", await CountsAsync());

        async Task<string> CountsAsync()
        {
            var judge = JsonDocument.Parse((await RunAsync($"judge report {_predictions}.verdicts.jsonl --json")).Output).RootElement.GetProperty("judges")[0];
            return $"{judge.GetProperty("true_negative")} and {judge.GetProperty("phrasing")}";
        }
    }

    [Theory]
    [InlineData("judge nope.jsonl --judge ann", "predictions: there is no file nope.jsonl; name another.\n")]
    [InlineData("judge report nope.jsonl", "store: there is no file nope.jsonl; name another.\n")]
    [InlineData("breakdown nope.jsonl", "predictions: there is no file nope.jsonl; name another.\n")]
    public async Task A_file_that_is_not_there_is_one_sentence(string line, string sentence) =>
        Assert.Equal((ExitCodes.BadInput, "", sentence), await RunAsync(line));

    [Theory]
    [InlineData("--sample 0 --judge ann", "sample: it was 0; choose at least 1.")]
    [InlineData("--judge ann --metric f1", "metric: f1 does not tell of each answer whether it is wrong")]
    [InlineData("--judge ann --task nqo", "task: there is none named 'nqo'")]
    public async Task What_cannot_be_judged_is_refused(string options, string sentence)
    {
        var (code, _, error) = await RunAsync($"judge {_predictions} {options}");

        Assert.Equal(ExitCodes.BadInput, code);
        Assert.StartsWith(sentence, error, StringComparison.Ordinal);
        Assert.False(File.Exists(_predictions + ".verdicts.jsonl"));
    }

    [Fact]
    public async Task A_breakdown_of_a_predictions_file_is_a_table_or_one_object()
    {
        var train = Path.Combine(_folder.Path, "train.jsonl");
        await File.WriteAllTextAsync(train, "{\"question\": \"who is 2\", \"answer\": [\"x\"]}\n", TestContext.Current.CancellationToken);

        var (code, output, error) = await RunAsync($"breakdown {_predictions} --task nq --train {train}");
        Assert.Equal((ExitCodes.Done, ""), (code, error));
        Assert.Contains("\nby trained on\n" + Row("answer only", 4, "25.0") + Row("question", 1, "0.0"), output, StringComparison.Ordinal);

        (_, output, _) = await RunAsync($"breakdown {_predictions} --task nq --json");
        var all = JsonDocument.Parse(output).RootElement;
        Assert.Equal(("breakdown", 5), (all.GetProperty("event").GetString(), all.GetProperty("all").GetProperty("questions").GetInt32()));
        Assert.Equal(0.3, all.GetProperty("calibration").GetProperty("error").GetDouble(), 9);
    }

    private static string Row(string name, int questions, string right) => $"  {name,-20}{questions,12}{right,12}\n";

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line, string input = "")
    {
        var terminal = new Terminal(new StringWriter(), new StringWriter(), Screen: null) { In = new StringReader(input) };
        using var interrupts = new Interrupts();
        var code = await Application.RunAsync(line.Split(' '), terminal, interrupts, TimeProvider.System);
        return (code, terminal.Out.ToString()!, terminal.Error.ToString()!);
    }
}
