using Orchestrator.Core;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Data.Tasks;

public sealed class PublishedSplitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WebQuestions_trains_on_its_first_3417_rows_and_holds_out_the_other_361()
    {
        using var task = TaskData.Open(Task("web_questions_open", Write("a.jsonl", 0, 3_000), Write("b.jsonl", 3_000, 778)), "data.tasks[0]");

        Assert.Equal((3_417, 361), (task.TrainCount, task.ValidationCount));
        Assert.Equal(("wq question: q0", "a0"), (task.Train(0).Input, task.Train(0).Targets[0]));
        Assert.Equal(("wq question: q3416", "wq question: q3417", "wq question: q3777"), (task.Train(3_416).Input, task.Validation(0).Input, task.Validation(360).Input));
    }

    [Fact]
    public void The_task_on_the_whole_split_holds_nothing_out_and_a_share_or_files_stand_before_the_published_split()
    {
        var (train, other) = (Write("a.jsonl", 0, 100), Write("b.jsonl", 100, 7));
        using var whole = TaskData.Open(Task("web_questions_open_test", train), "data.tasks[0]");
        using var share = TaskData.Open(Task("web_questions_open", train) with { HeldOut = 0.1 }, "data.tasks[0]");
        using var files = TaskData.Open(Task("web_questions_open", train) with { Validation = [other] }, "data.tasks[0]");

        Assert.Equal((100, 0), (whole.TrainCount, whole.ValidationCount));
        Assert.Equal((90, 10), (share.TrainCount, share.ValidationCount));
        Assert.Equal((100, 7), (files.TrainCount, files.ValidationCount));
    }

    [Fact]
    public void The_published_split_of_a_part_of_the_rows_is_refused()
    {
        var train = Write("a.jsonl", 0, 3_777);

        Assert.Equal(
            "data.tasks[0].train: the files hold 3777 rows, but the rows that web_questions_open holds out are a part of the published 3778; name all of them, or give validation files or held_out: 0.1.",
            Assert.Throws<BadInputException>(() => TaskData.Open(Task("web_questions_open", train), "data.tasks[0]")).Message);
    }

    [Fact]
    public void Files_with_another_number_of_rows_than_any_published_split_are_told_of()
    {
        var (train, all, test) = (Write("a.jsonl", 0, 100), Write("b.jsonl", 0, 3_778), Write("c.jsonl", 0, 2_032));
        using var part = TaskData.Open(Task("web_questions_open_test", train, train) with { Validation = [train] }, "data.tasks[0]");
        using var whole = TaskData.Open(Task("web_questions_open_test", all) with { Validation = [test] }, "data.tasks[0]");

        Assert.Empty(whole.Notes);
        Assert.Equal(2, part.Notes.Count);
        Assert.StartsWith("data.tasks[0].train holds 200 rows, a part of WebQuestions or another version: published are 3,778", part.Notes[0], StringComparison.Ordinal);
        Assert.StartsWith($"{train} holds 100 rows", part.Notes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_spec_takes_name_and_prefix_from_the_data_set_unless_it_has_its_own()
    {
        var spec = Read("{ dataset: tqa, train: a.json }", "{ name: b, dataset: natural_questions_open, train: a.jsonl, prefix: \"\" }");

        Assert.Equal([("trivia_qa_open", "trivia_qa question: "), ("b", "")], spec.Spec!.Data.Tasks.Select(task => (task.Name, task.Prefix)));
        Assert.Equal(spec.Spec, SpecReader.Read(SpecWriter.Write(spec.Spec), "again").Spec);
    }

    [Fact]
    public void A_spec_with_an_unknown_data_set_or_files_of_another_form_is_refused()
    {
        var errors = Read("{ name: a, dataset: trivia_qa, train: a.tsv }").Errors.Select(error => error.ToString()).ToArray();

        Assert.Contains(errors, error => error.Contains("data.tasks[0].dataset", StringComparison.Ordinal) && error.Contains("did you mean trivia_qa_open?", StringComparison.Ordinal));
        Assert.Contains(
            Read("{ dataset: wq, train: a.tsv }").Errors,
            error => error.ToString().Contains("needs .jsonl or .json files", StringComparison.Ordinal));
    }

    private static SpecResult Read(params string[] tasks) =>
        SpecReader.Read($"data:\n  vocabulary: v\n  tasks:\n{string.Concat(tasks.Select(task => $"    - {task}\n"))}", "run.yaml");

    private static TaskSpec Task(string dataset, params string[] train) => new() { Name = "t", Dataset = dataset, Prefix = "wq question: ", Train = [.. train] };

    private string Write(string name, int first, int count)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllLines(path, Enumerable.Range(first, count).Select(i => $$"""{"qText": "q{{i}}", "answers": ["a{{i}}"]}"""));
        return path;
    }
}
