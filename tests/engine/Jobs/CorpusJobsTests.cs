using System.Text.Json;
using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Runs;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Objectives;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class CorpusJobsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CorpusJobsTests() => File.WriteAllLines(_folder["text.txt"], SmallText.Lines.Select(line => line + $" This line was made to be longer than a hundred characters, so that it is a paragraph."));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_corpus_is_built_then_shown()
    {
        var (code, events) = Run(new CorpusBuildJob(TimeProvider.System), new { inputs = new[] { _folder["text.txt"] }, @out = _folder["corpus"], training = new { pieces = 300, kind = "bpe" } });
        Assert.Equal(0, code);
        Assert.Equal(["clean", "deduplicate", "vocabulary", "tokenise", "baselines"], events.Where(e => Name(e) == "progress").Select(e => e.GetProperty("stage").GetString()).Distinct());
        Assert.Equal("finished", Name(events[^1]));
        Assert.Equal("report", Name(events[^2]));
        Assert.Equal(300, events[^1].GetProperty("pieces").GetInt32());
        Assert.False(events[^2].GetProperty("rows").EnumerateArray().Single(row => row.GetProperty("rule").GetString() == "block_list").GetProperty("applied").GetBoolean());

        (code, events) = Run(new CorpusInspectJob(TimeProvider.System), new { corpus = _folder["corpus"], documents = 2, max_characters = 40 });
        Assert.Equal(0, code);
        Assert.Equal(["corpus", "verified", "document", "document", "finished"], events.Select(Name).Where(name => name != "progress"));
        Assert.All(events.Where(e => Name(e) == "document"), e => Assert.Equal(41, e.GetProperty("text").GetString()!.Length));
    }

    [Fact]
    public void Every_salient_span_of_a_corpus_becomes_an_example_of_a_task()
    {
        File.WriteAllLines(_folder["told.txt"], SmallText.Lines.Select((line, i) => $"{line} This was written down in Paris by Ada Lovelace on May {(i % 28) + 1}, {1700 + (i % 300)}."));
        Run(new CorpusBuildJob(TimeProvider.System), new { inputs = new[] { _folder["told.txt"] }, @out = _folder["corpus"], training = new { pieces = 300 } });

        var (code, events) = Run(new CorpusSpansJob(TimeProvider.System), new { corpus = _folder["corpus"], @out = _folder["salient"], longest_sentence = 60 });

        Assert.Equal(0, code);
        var told = events.Where(e => Name(e) == "spans").ToArray();
        Assert.Equal(["train", "validation"], told.Select(e => e.GetProperty("split").GetString()));
        Assert.All(told, e =>
        {
            using var file = TaskFile.Open(e.GetProperty("file").GetString()!, new TaskFormat(new TaskSpec { Input = "{text}", Spans = "spans" }), "train");
            Assert.Equal(e.GetProperty("spans").GetInt64(), file.Count);
            Assert.InRange(file.Count, 10, long.MaxValue);
            Assert.Equal(e.GetProperty("sentences").GetInt64(), file.Line(file.Count - 1));
            Assert.All(Enumerable.Range(0, (int)Math.Min(file.Count, 500)).Select(i => file.Read(i)), example =>
            {
                Assert.Matches(@"\A(Paris|Ada Lovelace|May \d+, \d{4})\z", example.Targets[0]);
                Assert.Matches(@"(in _X_ by|by _X_ on|on _X_\.)", example.Input);
            });
        });
        Assert.Contains("not empty", Assert.Throws<Core.BadInputException>(() => Run(new CorpusSpansJob(TimeProvider.System), new { corpus = _folder["corpus"], @out = _folder["salient"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spans_that_were_stopped_go_on_to_the_bytes_of_an_undisturbed_call_and_other_work_begins_anew()
    {
        File.WriteAllLines(_folder["told.txt"], SmallText.Lines.Select((line, i) => $"{line} This was written down in Paris by Ada Lovelace on May {(i % 28) + 1}, {1700 + (i % 300)}."));
        Run(new CorpusBuildJob(TimeProvider.System), new { inputs = new[] { _folder["told.txt"] }, @out = _folder["corpus"], training = new { pieces = 300 } });
        var request = new CorpusSpansRequest { Corpus = _folder["corpus"], Out = _folder["salient"], LongestSentence = 60 };
        var whole = SalientSpanFile.Write(request with { Out = _folder["whole"] }, _ => { }, CancellationToken.None);

        // Stopped in the second half: the first is whole and is not read again.
        Assert.Throws<OperationCanceledException>(() => SalientSpanFile.Write(request, at => Stop(at.Stage == "validation spans"), CancellationToken.None));
        Assert.False(Directory.Exists(_folder["salient"]));
        File.AppendAllText(_folder["salient.partial/validation.jsonl"], "what a killed writer left");
        var stages = new HashSet<string>();
        var resumed = SalientSpanFile.Write(request, at => stages.Add(at.Stage), CancellationToken.None);

        Assert.Equal(whole, resumed);
        Assert.DoesNotContain("train spans", stages);
        Assert.Equal(["train.jsonl", "validation.jsonl"], Directory.GetFiles(_folder["salient"]).Select(Path.GetFileName).Order());
        Assert.All(new[] { "train.jsonl", "validation.jsonl" }, name => Assert.Equal(File.ReadAllBytes(_folder[$"whole/{name}"]), File.ReadAllBytes(_folder[$"salient/{name}"])));

        var other = request with { Out = _folder["other"] };
        Assert.Throws<OperationCanceledException>(() => SalientSpanFile.Write(other, at => Stop(at.Stage == "validation spans"), CancellationToken.None));
        Assert.NotEqual(whole, SalientSpanFile.Write(other with { LongestSentence = 30 }, at => stages.Add(at.Stage), CancellationToken.None));
        Assert.Contains("train spans", stages);

        static void Stop(bool now)
        {
            if (now)
            {
                throw new OperationCanceledException();
            }
        }
    }

    [Fact]
    public void A_damaged_corpus_is_named_and_the_job_fails()
    {
        Run(new CorpusBuildJob(TimeProvider.System), new { inputs = new[] { _folder["text.txt"] }, @out = _folder["corpus"], training = new { pieces = 300 } });
        var bytes = File.ReadAllBytes(_folder["corpus/validation-00000.bin"]);
        bytes[0] ^= 1;
        File.WriteAllBytes(_folder["corpus/validation-00000.bin"], bytes);

        var (code, events) = Run(new CorpusInspectJob(TimeProvider.System), new { corpus = _folder["corpus"] });

        Assert.Equal(1, code);
        Assert.Equal("validation-00000.bin", events.Single(e => Name(e) == "damaged").GetProperty("file").GetString());
    }

    [Fact]
    public void An_audit_names_the_first_step_that_a_changed_byte_of_the_corpus_can_have_reached()
    {
        Run(new CorpusBuildJob(TimeProvider.System), new { inputs = new[] { _folder["text.txt"] }, @out = _folder["corpus"], training = new { pieces = 300 }, shard_tokens = 4000 });
        var spec = new RunSpec { Data = new DataSpec { Corpus = _folder["corpus"], InputLength = 64 }, Batch = new BatchSpec { Microbatches = 1, Microbatch = 2 } };
        var input = RunInput.Require(spec);
        File.WriteAllLines(_folder["ledger.jsonl"], Enumerable.Range(1, 40).Select(step => Ledger.Line(step, StepSamples.Of(step, 2, input.SamplesPerEpoch), null, "")).Prepend("{}"));
        var asked = new { ledger = _folder["ledger.jsonl"], spec = SpecWriter.Write(spec), documents = new[] { 0 } };
        var (code, events) = Run(new CorpusAuditJob(TimeProvider.System), asked);
        Assert.Equal((0, "finished"), (code, Name(events[^1])));
        Assert.Single(events, e => Name(e) == "verified");

        var bytes = File.ReadAllBytes(_folder["corpus/train-00001.bin"]);
        bytes[7] ^= 1;
        File.WriteAllBytes(_folder["corpus/train-00001.bin"], bytes);
        (code, events) = Run(new CorpusAuditJob(TimeProvider.System), asked);

        var damaged = Assert.Single(events, e => Name(e) == "damaged");
        var (first, last) = (ShardTokens(0) / input.Lengths.Raw, (ShardTokens(0) + (bytes.Length / 2) - 1) / input.Lengths.Raw);
        var order = new SampleOrder(spec.Seed, input.SamplesPerEpoch);
        var step = Enumerable.Range(1, 40).First(step => Enumerable.Range(2 * (step - 1), 2).Any(position => order.At(0, position) is var sample && sample >= first && sample <= last));
        Assert.Equal((0, "train-00001.bin", step), (code, damaged.GetProperty("file").GetString(), damaged.GetProperty("first_step").GetInt32()));
        Assert.Equal((0, bytes.Length - 1), (damaged.GetProperty("first_byte").GetInt32(), damaged.GetProperty("last_byte").GetInt32()));
        using var corpus = Corpus.Open(_folder["corpus"]);
        var documents = Enumerable.Range(0, (int)corpus.Train.DocumentCount).Where(number => corpus.Train.DocumentPlace(number).First is var place && place >= ShardTokens(0) && place < ShardTokens(0) + (bytes.Length / 2)).ToList();
        Assert.Equal((documents[0], documents[^1]), (damaged.GetProperty("first_document").GetInt32(), damaged.GetProperty("last_document").GetInt32()));
    }

    private long ShardTokens(int number) => new FileInfo(_folder[$"corpus/train-{number:D5}.bin"]).Length / 2;

    [Fact]
    public void A_vocabulary_is_trained_and_not_written_over()
    {
        var request = new { inputs = new[] { _folder["text.txt"] }, @out = _folder["new/spiece.model"], training = new { pieces = 300 } };
        var (code, events) = Run(new VocabTrainJob(TimeProvider.System), request);
        Assert.Equal(0, code);
        Assert.Equal(300, events[^1].GetProperty("pieces").GetInt32());
        Assert.Contains("--overwrite", Assert.Throws<Core.BadInputException>(() => Run(new VocabTrainJob(TimeProvider.System), request)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"out":"x"}""", "input: no text was named")]
    [InlineData("""{"inputs":["/no/such"],"out":"x"}""", "'/no/such' does not exist")]
    [InlineData("""{"inputs":["x"]}""", "out: no folder was named")]
    [InlineData("""{"inputs":["x"],"out":"x","training":{"pieces":3}}""", "vocabulary size: 3 pieces")]
    [InlineData("""{"inputs":["x"],"out":"x","skip_rules":["nonsense"]}""", "there is no rule 'nonsense'")]
    [InlineData("""{"inputs":["x"],"out":"x","colour":1}""", "colour")]
    public void A_bad_request_is_refused_in_a_sentence(string request, string sentence)
    {
        using var document = JsonDocument.Parse(request);
        var error = Assert.Throws<Core.BadInputException>(
            () => new CorpusBuildJob(TimeProvider.System).Run(document.RootElement, new JobEvents(TextWriter.Null), CancellationToken.None));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    private static string? Name(JsonElement happened) => happened.GetProperty("event").GetString();

    private static (int Code, List<JsonElement> Events) Run(IJob job, object request)
    {
        using var output = new StringWriter();
        var code = job.Run(JsonSerializer.SerializeToElement(request), new JobEvents(output), CancellationToken.None);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())]);
    }
}
