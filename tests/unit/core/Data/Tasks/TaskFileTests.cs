using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Data.Tasks;

public sealed class TaskFileTests : IDisposable
{
    private static readonly TaskSpec Capitals = new() { Name = "capitals", Prefix = "q: ", Input = "{question}", Target = "{answer}" };
    private static readonly TaskSpec Nested = new() { Name = "qa", Input = "{question}", Target = "{answers.text}" };

    private static readonly TaskSpec Salient = new() { Name = "ssm", Prefix = "nem: ", Input = "{text}", Spans = "spans" };

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("question\tanswer\nA?\ta\nB?\tb\n")]
    [InlineData("question\tanswer\r\nA?\ta\r\nB?\tb")]
    [InlineData("\uFEFFanswer\tid\tquestion\na\t1\tA?\nb\t2\tB?\n\n")]
    public void A_tsv_names_its_columns_in_its_first_line(string text)
    {
        using var file = Open("a.tsv", text, Capitals);

        Assert.Equal(2, file.Count);
        Assert.Equal(("q: B?", "b"), Only(file.Read(1)));
        Assert.Equal(("q: A?", "a"), Only(file.Read(0)));
        Assert.Equal(3, file.Line(1));
    }

    [Theory]
    [InlineData("a.tsv.gz", "question\tanswer\nA?\ta\nB?\tb\n")]
    [InlineData("a.tsv", "question\tanswer\nA?\ta\nB?\tb\n")]
    [InlineData("a.jsonl.gz", "{\"question\":\"A?\",\"answer\":\"a\"}\n{\"question\":\"B?\",\"answer\":\"b\"}\n")]
    [InlineData("a.json.gz", "[{\"question\":\"A?\",\"answer\":\"a\"},\n{\"question\":\"B?\",\"answer\":\"b\"}]")]
    public void A_packed_file_reads_as_what_it_holds_whatever_it_is_called(string name, string text)
    {
        var plain = name.Replace(".gz", "", StringComparison.Ordinal);
        using var unpacked = Open("plain-" + plain, text, Capitals);
        var path = Path.Combine(_folder.Path, name);
        // Two members end to end are one file.
        File.WriteAllBytes(path, [.. Packed(text[..9]), .. Packed(text[9..])]);
        using var file = TaskFile.Open(path, new TaskFormat(Capitals), "train");

        Assert.Equal((2, 2), (file.Count, file.Records));
        Assert.Equal(("q: B?", "b"), Only(file.Read(1)));
        Assert.Equal((unpacked.Digest, unpacked.Line(1)), (file.Digest, file.Line(1)));
    }

    [Fact]
    public void A_plain_file_named_as_a_packed_one_is_read_and_a_packed_one_that_was_cut_is_named()
    {
        using var plain = Open("a.tsv.gz", "question\tanswer\nA?\ta\n", Capitals);
        Assert.Equal(("q: A?", "a"), Only(plain.Read(0)));

        var path = Path.Combine(_folder.Path, "cut.tsv.gz");
        File.WriteAllBytes(path, Packed("question\tanswer\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"{i * 7919 % 5000}?\ta{i}\n")))[..^700]);
        Assert.StartsWith($"train: {path} is packed and cannot be unpacked: the gzip member at byte 0 ends before it is complete; ", Assert.Throws<BadInputException>(() => TaskFile.Open(path, new TaskFormat(Capitals), "train")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tsv_without_a_line_of_names_has_the_specs_columns()
    {
        using var file = Open("a.tsv", "A?\ta\n", Capitals with { Columns = ["question", "answer"] });

        Assert.Equal(("q: A?", "a"), Only(file.Read(0)));
        Assert.Equal(1, file.Line(0));
    }

    [Fact]
    public void A_list_of_values_makes_as_many_targets_and_objects_are_reached_into()
    {
        using var file = Open("a.jsonl", """
            {"question": "A?", "answers": {"text": ["a", "b"], "start": [1, 2]}}
            {"question": "B?", "answers": {"text": 7}}

            """, Nested);

        Assert.Equal(["a", "b"], file.Read(0).Targets);
        Assert.Equal(["7"], file.Read(1).Targets);
    }

    [Fact]
    public void Every_line_of_a_file_of_several_buffers_is_found_again()
    {
        var random = new Random(1);
        var lines = Enumerable.Range(0, 3000).Select(i => $"{i}{new string('x', random.Next(2000))}\tanswer {i}").Append(new string('y', 3 << 20) + "\tlong").ToArray();
        using var file = Open("a.tsv", "question\tanswer\n" + string.Join('\n', lines), Capitals);

        Assert.Equal(lines.Length, file.Count);
        Assert.All(lines.Index(), line => Assert.Equal($"q: {line.Item}", $"{file.Read(line.Index).Input}\t{file.Read(line.Index).Targets[0]}"));
    }

    [Theory]
    [InlineData("a.tsv", "question\tanswer\nA?\n", "2: the line has 1 fields where there are 2 columns (question, answer).")]
    [InlineData("a.tsv", "question\tanser\nA?\ta\n", "1: the line has no column \"answer\", which the task's templates ask for; there are question, anser.")]
    [InlineData("a.tsv", "question\tquestion\tanswer\nA?\ta\n", "1: the line names the column \"question\" twice.")]
    [InlineData("a.tsv", "question\tanswer\nA?\ta\n\nB?\tb\n", "3: the line is empty; remove it.")]
    [InlineData("a.tsv", "question\tanswer\nA?\t \n", "2: the line has an empty target.")]
    [InlineData("a.jsonl", "{\"question\": \"A?\", \"answer\": \"a\"}\n{\"question\": \"B?\"}\n", "2: the line has no field \"answer\".")]
    [InlineData("a.jsonl", "{\"question\": \"A?\", \"answer\": []}\n", "1: the line has no value in the list \"answer\".")]
    [InlineData("a.jsonl", "{\"question\": null, \"answer\": \"a\"}\n", "1: the line must have text or a number in the field \"question\", had null.")]
    [InlineData("a.jsonl", "[1]\n", "1: the line must be an object such as {\"question\": ..., \"answer\": ...}, was array.")]
    [InlineData("a.jsonl", "{\"question\": \"A?\",\n", "1: the line is not JSON (at byte 17).")]
    public void A_line_that_is_no_example_is_named_with_its_file_and_field(string name, string text, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => Open(name, text, Capitals));

        Assert.Equal($"{Path.Combine(_folder.Path, name)}:{expected}", error.Message);
    }

    [Fact]
    public void An_empty_file_is_refused() =>
        Assert.Equal($"{Path.Combine(_folder.Path, "a.tsv")} holds no examples.", Assert.Throws<BadInputException>(() => Open("a.tsv", "", Capitals)).Message);

    [Fact]
    public void Every_bad_line_is_named_at_once()
    {
        var lines = Assert.Throws<BadInputException>(() => Open("a.tsv", "question\tanswer\n" + string.Concat(Enumerable.Repeat("A?\n", 25)), Capitals)).Message.Split('\n');

        Assert.Equal(21, lines.Length);
        Assert.EndsWith("a.tsv:3: the line has 1 fields where there are 2 columns (question, answer).", lines[1], StringComparison.Ordinal);
        Assert.Equal("and 5 more", lines[^1]);
    }

    [Fact]
    public void A_column_that_comes_twice_has_several_targets()
    {
        using var file = Open("a.tsv", "question\tanswer\tanswer\nA?\ta\tb\n", Capitals);

        Assert.Equal(["a", "b"], file.Read(0).Targets);
    }

    [Fact]
    public void An_array_is_read_entry_by_entry()
    {
        using var file = Open("a.json", "\uFEFF [{\"qText\": \"A?\", \"answers\": [\"a\", \"b\"]} ,\n {\"qText\": \"B?\", \"answers\": [\"c\"]}\n]\n", new TaskSpec());

        Assert.Equal(("A?", "a"), (file.Read(0).Input, file.Read(0).Targets[0]));
        Assert.Equal(("B?", "c"), Only(file.Read(1)));
        Assert.Equal(2, file.Line(1));
    }

    [Theory]
    [InlineData("[{\"question\": \"A?\", \"answer\": \"a\"},\n\n {\"question\": \"B?\"}]", ": entry 2 has no field \"answer\".")]
    [InlineData("{\"Data\": [{\"question\": \"A?\", \"answer\": \"a\"},\n 3]}", ": entry 2 must be an object such as {\"question\": ..., \"answer\": ...}, was number.")]
    [InlineData("{\n \"Domain\": \"Web\",\n \"Rows\": []\n}\n", " is an object without an array in its field \"Data\"; name a file as published, or a .jsonl file of an object a line.")]
    public void What_is_wrong_with_an_array_is_one_sentence_that_names_the_entry(string content, string expected) =>
        Assert.Equal(Path.Combine(_folder.Path, "a.json") + expected, Assert.Throws<BadInputException>(() => Open("a.json", content, Capitals)).Message);

    [Theory]
    [InlineData("{\"Domain\": \"Web\", \"Data\": [{\"question\": \"A?\", \"answer\": \"a\"}, {\"question\": \"B?\", \"answer\": \"b\"}]}")]
    [InlineData("{\n \"Data\": [\n {\"question\": \"A?\", \"answer\": \"a\"},\n {\"question\": \"B?\", \"answer\": \"b\"}\n ],\n \"Version\": 1.0\n}\n")]
    [InlineData("\uFEFF{\n \"Split\": {\"Data\": [1]}, \"Version\": [1.0],\n \"Data\": [{\"question\": \"A?\", \"answer\": \"a\"}, {\"question\": \"B?\", \"answer\": \"b\"}]\n}\n")]
    [InlineData("{\"question\": \"A?\", \"answer\": \"a\"}\n{\"question\": \"B?\", \"answer\": \"b\"}\n")]
    public void The_array_may_stand_in_any_place_of_its_object_and_lines_are_lines(string content)
    {
        using var file = Open("a.json", content, Capitals);

        Assert.Equal([("q: A?", "a"), ("q: B?", "b")], Enumerable.Range(0, 2).Select(i => Only(file.Read(i))));
        Assert.Equal(2, file.Count);
    }

    [Fact]
    public void Every_span_of_every_line_is_an_example_with_the_span_masked_by_its_bytes()
    {
        using var file = Open("a.jsonl", """
            {"text": "Née in Köln in 1901.", "spans": {"start": [8, 17], "limit": [13, 21]}}
            {"text": "Nothing here.", "spans": {"start": [], "limit": []}}
            {"text": "Paris is old.", "spans": {"start": [0], "limit": [5]}}

            """, Salient);

        Assert.Equal([("nem: Née in _X_ in 1901.", "Köln"), ("nem: Née in Köln in _X_.", "1901"), ("nem: _X_ is old.", "Paris")], Enumerable.Range(0, 3).Select(i => Only(file.Read(i))));
        Assert.Equal([1, 1, 3], Enumerable.Range(0, 3).Select(i => file.Line(i)));
        Assert.Equal(3, file.Count);
    }

    [Theory]
    [InlineData("""{"text": "Köln", "spans": {"start": [2], "limit": [4]}}""", "1: the line has a span from byte 2 to 4 that is no run of whole characters of its text of 5 bytes.")]
    [InlineData("""{"text": "Rome", "spans": {"start": [0], "limit": [5]}}""", "1: the line has a span from byte 0 to 5 that is no run of whole characters of its text of 4 bytes.")]
    [InlineData("""{"text": "Rome", "spans": {"start": [1], "limit": [1]}}""", "1: the line has a span from byte 1 to 1 that is no run of whole characters of its text of 4 bytes.")]
    [InlineData("""{"text": "Rome", "spans": {"start": [0, 1], "limit": [4]}}""", "1: the line has 2 starts and 1 limits of spans.")]
    [InlineData("""{"text": "Rome", "spans": [[0, 4]]}""", "1: the line has no list of bytes \"start\" in its spans; write {\"start\": [0], \"limit\": [5]}.")]
    [InlineData("""{"text": "Rome"}""", "1: the line has no field \"spans\".")]
    public void Offsets_that_fit_no_text_are_named(string line, string expected) =>
        Assert.Equal($"{Path.Combine(_folder.Path, "a.jsonl")}:{expected}", Assert.Throws<BadInputException>(() => Open("a.jsonl", line, Salient)).Message);

    [Fact]
    public void Bytes_that_are_no_utf8_are_named_by_their_line()
    {
        var path = Path.Combine(_folder.Path, "a.tsv");
        File.WriteAllBytes(path, [.. "question\tanswer\nA?\t"u8, 0xFF, (byte)'\n']);

        Assert.Equal($"{path}:2: the line is not UTF-8.", Assert.Throws<BadInputException>(() => TaskFile.Open(path, new TaskFormat(Capitals), "f")).Message);
    }

    public void Dispose() => _folder.Dispose();

    private static (string Input, string Target) Only(TaskExample example) => (example.Input, Assert.Single(example.Targets));

    private TaskFile Open(string name, string text, TaskSpec task)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return TaskFile.Open(path, new TaskFormat(task), "data.tasks[0].train");
    }

    private static byte[] Packed(string text)
    {
        using var memory = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(memory, System.IO.Compression.CompressionMode.Compress))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return memory.ToArray();
    }
}
