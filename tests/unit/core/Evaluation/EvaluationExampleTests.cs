using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Knowledge.ClosedBook;
using Xunit;

namespace Orchestrator.Tests.Core.Evaluation;

public sealed class EvaluationExampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tabs_part_an_input_from_its_targets()
    {
        var examples = Read("dev.tsv", "one plus one\t2\ttwo\nempty target\t\n");

        Assert.Equal([1, 2], examples.Select(example => example.Line));
        Assert.Equal("one plus one", examples[0].Input);
        Assert.Equal(["2", "two"], examples[0].Targets);
        Assert.Equal([""], examples[1].Targets);
    }

    [Theory]
    [InlineData("input\ttarget\na\tb\n", 1)]
    [InlineData("question\tanswer\tanswer\na\tb\tc\n", 1)]
    [InlineData("input\tb\na\tb\n", 2)]
    [InlineData("a\tb\ninput\ttarget\n", 2)]
    public void A_first_line_that_names_columns_is_no_example(string text, int examples) =>
        Assert.Equal(examples, Read("dev.tsv", text).Count);

    [Theory]
    [InlineData("dev.jsonl", """{"input": "a", "target": "b"}""")]
    [InlineData("dev.jsonl", """{"input": "a", "targets": ["b"]}""")]
    [InlineData("nq.jsonl", """{"question": "a", "answer": ["b"]}""")]
    [InlineData("wq.json", """[{"qId": "1", "answers": ["b"], "qText": "a"}]""")]
    public void Json_is_read_by_the_names_of_published_files(string name, string text)
    {
        var example = Assert.Single(Read(name, text));
        Assert.Equal(("a", "b"), (example.Input, Assert.Single(example.Targets)));
    }

    [Fact]
    public void Every_bad_line_is_located_and_a_limit_reads_no_further()
    {
        const string text = "a\tb\nno tab\n\n\tc\n";
        var message = Assert.Throws<BadInputException>(() => Read("dev.tsv", text)).Message;
        Assert.Contains("dev.tsv:2: the line has 1 fields where there are 2 columns (input, target)", message, StringComparison.Ordinal);
        Assert.Contains("dev.tsv:3: the line is empty", message, StringComparison.Ordinal);
        Assert.Contains("dev.tsv:4: the line has an empty input", message, StringComparison.Ordinal);
        Assert.Single(EvaluationExample.Read(Path.Combine(_folder.Path, "dev.tsv"), limit: 1));

        message = Assert.Throws<BadInputException>(() => Read("dev.jsonl", "{\"input\": \"a\"}\nnot json\n{\"input\": \"a\", \"targets\": [null]}\n")).Message;
        Assert.Contains("dev.jsonl:1: the line has no field \"target\" (nor targets, answers, answer)", message, StringComparison.Ordinal);
        Assert.Contains("dev.jsonl:2: the line is not JSON", message, StringComparison.Ordinal);
        Assert.Contains("dev.jsonl:3: the line must have text or a number", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_or_holds_nothing_is_refused()
    {
        Assert.Contains("task: there is no file", Assert.Throws<BadInputException>(() => EvaluationExample.Read(Path.Combine(_folder.Path, "none.tsv"))).Message, StringComparison.Ordinal);
        Assert.Contains("holds no example", Assert.Throws<BadInputException>(() => Read("dev.tsv", "")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_named_task_has_metrics_that_exist() =>
        Assert.All(ClosedBookTask.All.SelectMany(task => task.Metrics).Concat(TextMetrics.Usual), name => Assert.NotNull(TextMetrics.Named(name)));

    private IReadOnlyList<EvaluationExample> Read(string name, string text)
    {
        File.WriteAllText(Path.Combine(_folder.Path, name), text);
        return EvaluationExample.Read(Path.Combine(_folder.Path, name));
    }
}
