using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Knowledge.ClosedBook;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.ClosedBook;

public sealed class ClosedBookTaskTests : IDisposable
{
    private const string Page = "<p>Rome &amp; <b>Pavia</b>, in\u00A0Italy</p>";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("nq", """{"question": "q", "answer": ["A", "B"]}""", "A|B")]
    [InlineData("wq", """{"qId": "wqr1", "answers": ["A", "B"], "qText": "q"}""", "A|B")]
    [InlineData("wq", """{"url": "u", "targetValue": "(list (description \"Jaxon Bieber\") (description Angola) (description \"a \\\"b\\\" (c)\"))", "utterance": "q"}""", "Jaxon Bieber|Angola|a \"b\" (c)")]
    [InlineData("tqa", """{"Question": "q", "Answer": {"Value": "A", "Aliases": ["C", "A"], "NormalizedAliases": ["a"]}}""", "A|C")]
    [InlineData("tqa", """{"question": "q", "answer": {"value": "A", "normalized_aliases": ["a"]}}""", "A|a")]
    [InlineData("tqa", """{"question": "q", "answer": ["A", "C", ""]}""", "A|C")]
    public void Every_published_form_of_a_row_is_read(string task, string row, string answers)
    {
        var read = Read(task, row)!;

        Assert.Equal("q", read.Question);
        Assert.Equal(answers, string.Join('|', read.Answers));
    }

    [Theory]
    [InlineData("nq", """{"answer": ["A"]}""", "has no field \"question\"")]
    [InlineData("nq", """{"question": "q"}""", "has no field \"answer\" (nor answers)")]
    [InlineData("nq", """{"question": " ", "answer": ["A"]}""", "has an empty field \"question\"")]
    [InlineData("nq", """{"question": "q", "answer": []}""", "has no answer in the field \"answer\"")]
    [InlineData("nq", """{"question": "q", "answer": [1]}""", "must have texts in the list \"answer\", had number")]
    [InlineData("wq", """{"utterance": "q", "targetValue": "(list (description))"}""", "must have a list such as")]
    [InlineData("wq", """{"utterance": "q", "targetValue": "(list)"}""", "has no answer in the field \"targetValue\"")]
    [InlineData("tqa", """{"Question": "q", "Answer": {"Aliases": []}}""", "has no field \"Value\" (nor value) in its \"Answer\"")]
    [InlineData("nq_nocontext", """{"question_text": "q", "annotations": [{"short_answers": []}]}""", "has no field \"yes_no_answer\"")]
    [InlineData("nq_nocontext", """{"question_text": "q", "annotations": [{"yes_no_answer": "YES", "short_answers": [{"start_byte": 0, "end_byte": 1}]}]}""", "has no field \"document_text\" (nor document_html)")]
    [InlineData("nq_nocontext", """{"question_text": "q", "document_html": "abc", "annotations": [{"yes_no_answer": "NONE", "short_answers": [{"start_byte": 2, "end_byte": 4}]}]}""", "has a short answer from \"start_byte\" 2 to \"end_byte\" 4, outside its page of 3")]
    public void What_a_row_lacks_is_named(string task, string row, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<FormatException>(() => Read(task, row)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_annotators_answers_are_bytes_of_the_page_without_its_tags_or_yes_or_no()
    {
        var row = JsonSerializer.Serialize(new
        {
            question_text = "q",
            document_html = Page,
            annotations = new object[]
            {
                new { yes_no_answer = "NONE", short_answers = Array.Empty<object>() },
                new { yes_no_answer = "NONE", short_answers = new[] { new { start_byte = 3, end_byte = 26 }, new { start_byte = 28, end_byte = 37 } } },
                new { yes_no_answer = "YES", short_answers = Array.Empty<object>() },
            },
        });

        Assert.Equal(["answer: Rome & Pavia answer: in Italy", "answer: yes"], Read("nq_nocontext", row)!.Answers);
    }

    [Fact]
    public void In_the_simplified_files_an_answer_is_tokens_without_tags_and_a_question_without_answers_is_left_out()
    {
        const string answered = """{"question_text": "q", "document_text": "<P> in Rome <B> today </B> </P>", "annotations": [{"yes_no_answer": "NONE", "short_answers": [{"start_token": 2, "end_token": 5}]}]}""";
        const string open = """{"question_text": "r", "document_text": "<P>", "annotations": [{"yes_no_answer": "NONE", "short_answers": []}]}""";
        File.WriteAllLines(PathOf("nq.jsonl"), [open, answered, open]);

        var (examples, note) = EvaluationExample.Read(PathOf("nq.jsonl"), ClosedBookTask.Named("natural_questions_nocontext"));

        var example = Assert.Single(examples);
        Assert.Equal((2, "q", "answer: Rome today"), (example.Line, example.Input, Assert.Single(example.Targets)));
        Assert.Contains("holds 3 rows, a part of Natural Questions, every answer of each annotator", note, StringComparison.Ordinal);
    }

    [Fact]
    public void TriviaQas_object_is_read_entry_by_entry_and_a_bad_one_is_located()
    {
        const string good = """{"Question": "q", "Answer": {"Value": "A", "Aliases": ["B"]}, "SearchResults": [{"Data": []}]}""";
        File.WriteAllText(PathOf("dev.json"), $$"""
            {
                "Data": [
                    {{good}},
                    {{good}}
                ],
                "Domain": "unfiltered-web"
            }
            """);
        File.WriteAllText(PathOf("bad.json"), $$"""{"Data": [{{good}}, {"Question": "q"}]}""");
        var trivia = ClosedBookTask.Named("trivia_qa_open");

        Assert.Equal([1, 2], EvaluationExample.Read(PathOf("dev.json"), trivia).Examples.Select(example => example.Line));
        Assert.Equal(
            $"{PathOf("bad.json")}: entry 2 has no field \"Answer\" (nor answer).",
            Assert.Throws<BadInputException>(() => EvaluationExample.Read(PathOf("bad.json"), trivia)).Message);
    }

    [Fact]
    public void Names_aliases_and_tasks_on_the_whole_training_split_are_found_and_others_refused()
    {
        Assert.Equal("natural_questions_open", ClosedBookTask.Find("nq")!.Name);
        Assert.True(ClosedBookTask.Find("web_questions_open_test") is { TrainsOnAll: true, Prefix: "wq question: " });
        Assert.All(ClosedBookTask.Names, name => Assert.NotNull(ClosedBookTask.Find(name)));
        Assert.Null(ClosedBookTask.Find("nq_test"));
        Assert.Contains("choose from natural_questions_open, nq,", Assert.Throws<BadInputException>(() => ClosedBookTask.Named("nqo")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nq", 87_925, 79_168, 8_757, 3_610)]
    [InlineData("wq", 3_778, 3_417, 361, 2_032)]
    [InlineData("tqa", 87_622, 78_785, 8_837, 11_313)]
    public void A_file_of_a_published_number_of_rows_is_no_part(string task, params int[] rows)
    {
        var known = ClosedBookTask.Named(task);

        Assert.All(rows, count => Assert.Null(known.Rows.Note("f", count, known.Title)));
        Assert.NotNull(known.Rows.Note("f", rows[0] - 1, known.Title));
    }

    private static ClosedBookQuestion? Read(string task, string row) => ClosedBookTask.Named(task).Read(JsonDocument.Parse(row).RootElement);

    private string PathOf(string name) => Path.Combine(_folder.Path, name);
}
