using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Evaluation.Breakdown;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Model;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class EvaluateJobTests : IAsyncLifetime
{
    private static readonly string[] s_inputs = ["The server ___ its pages.", "A worker counts.", "This document describes the first answer without delay.", "Why?", "Seven numbers"];

    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        using var model = new T5Model(new ResolvedModel(512, 32, 64, 8, 4, 1, 1, FeedForwardKind.GatedGelu, false, 32, 128, 0.0));
        model.Initialise(5);
        await File.WriteAllBytesAsync(_folder["spiece.model"], SmallText.Vocabulary);
        using var writer = new CheckpointWriter(_folder["checkpoints"], new CheckpointOptions(), TimeProvider.System);
        await writer.Save(new CheckpointContent
        {
            Step = 7,
            Cursor = new CheckpointCursor(0, 0),
            SpecDigest = "spec",
            Shape = model.Shape,
            Model = model.Parameters.WeightViews,
            Optimizer = [],
            Vocabulary = _folder["spiece.model"],
        });
        await File.WriteAllLinesAsync(_folder["dev.tsv"], s_inputs.Select((input, i) => $"{input}\ttarget {i}\tanother"));
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Scores_are_those_of_the_predictions_that_were_written_in_the_order_of_lines()
    {
        var (code, events) = Run(Request("all.jsonl"));

        Assert.Equal(0, code);
        var lines = Lines("all.jsonl");
        Assert.Equal([1, 2, 3, 4, 5], lines.Select(line => line.GetProperty("line").GetInt64()));
        Assert.Equal(s_inputs, lines.Select(line => line.GetProperty("input").GetString()));
        string[] predictions = [.. lines.Select(line => line.GetProperty("prediction").GetString()!)];
        string[][] targets = [.. Enumerable.Range(0, 5).Select(i => new[] { $"target {i}", "another" })];
        Assert.Equal(
            TextMetrics.Usual.Select(name => (name, TextMetrics.Named(name).Score(predictions, targets))),
            events.Where(happened => Name(happened) == "score").Select(score => (score.GetProperty("metric").GetString()!, score.GetProperty("value").GetDouble())));
        Assert.Equal(7, events[^1].GetProperty("step").GetInt64());
    }

    [Fact]
    public void A_breakdown_tells_of_the_predictions_that_were_written_and_of_what_was_trained_on()
    {
        File.WriteAllText(_folder["train.tsv"], "Why?\ttarget 3\nWho?\ttarget 4\n");
        var request = Request("all.jsonl") with { Template = "ask: {input}", Metrics = ["f1", "squad"], Breakdown = true, Train = [_folder["train.tsv"]] };

        var (code, events) = Run(request);

        Assert.Equal(0, code);
        var told = Assert.Single(events, happened => Name(happened) == "breakdown");
        var expected = EvaluationBreakdown.Of(
            PredictionFile.Read(_folder["all.jsonl"]), TextMetrics.Named("squad"), "ask: ", TrainingOverlap.Read([_folder["train.tsv"]], dataset: null));
        using var written = new StringWriter();
        new JobEvents(written).Write("breakdown", expected);
        Assert.Equal(written.ToString().Trim(), told.GetRawText());
        Assert.Equal([(1, "question"), (1, "answer only"), (3, "none")], expected.Tables.Single(table => table.Name == "trained on").Rows
            .Select(row => (row.Questions, row.Name)).OrderBy(row => TrainingOverlap.Kinds.ToList().IndexOf(row.Name)));
        Assert.Equal(1, expected.Tables.Single(table => table.Name == "question word").Rows.Single(row => row.Name == "why").Questions);
    }

    [Fact]
    public void A_packed_file_of_examples_and_packed_predictions_are_read_as_what_they_hold()
    {
        Run(Request("all.jsonl"));
        Pack("dev.tsv", "dev.tsv.gz");
        Run(Request("packed.jsonl") with { Examples = _folder["dev.tsv.gz"] });
        Pack("all.jsonl", "all.jsonl.gz");

        Assert.Equal(File.ReadLines(_folder["all.jsonl"]).Skip(1), File.ReadLines(_folder["packed.jsonl"]).Skip(1));
        Assert.Equal(PredictionFile.Read(_folder["all.jsonl"]).Select(prediction => prediction.Text), PredictionFile.Read(_folder["all.jsonl.gz"]).Select(prediction => prediction.Text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1.3)]
    public void An_evaluation_that_was_cut_short_goes_on_to_the_predictions_of_an_undisturbed_one(double? temperature)
    {
        var generation = new GenerationOptions { MaxTokens = 6, Temperature = temperature };
        Run(Request("all.jsonl") with { Generation = generation, Batch = 5 });
        Run(Request("part.jsonl") with { Generation = generation, Limit = 2 });
        // A killed writer's last line.
        File.AppendAllText(_folder["part.jsonl"], "{\"line\":3,\"inp");

        var (_, events) = Run(Request("part.jsonl") with { Generation = generation, Batch = 2 });

        Assert.Equal(2, Assert.Single(events, happened => Name(happened) == "resumed").GetProperty("examples").GetInt32());
        Assert.Equal(File.ReadAllText(_folder["all.jsonl"]), File.ReadAllText(_folder["part.jsonl"]));
    }

    [Fact]
    public void A_model_that_answers_has_no_gradients()
    {
        using var loaded = LoadedModel.Open(_folder["checkpoints"]);

        Assert.Equal(0, loaded.Model.Parameters.GradientLength);
        Assert.True(loaded.Model.Parameters.ParameterCount > 0);
    }

    [Fact]
    public void Predictions_of_another_way_of_generating_are_refused()
    {
        Run(Request("all.jsonl"));
        var other = Request("all.jsonl") with { Generation = new GenerationOptions { MaxTokens = 5, Beams = 2 } };
        Assert.Contains("another model, task or way", Assert.Throws<BadInputException>(() => Run(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_input_is_an_error_that_names_line_and_length_unless_it_may_be_cut()
    {
        var request = Request(null) with { MaxInputTokens = 8, Template = "question: {input}" };
        var message = Assert.Throws<BadInputException>(() => Run(request)).Message;
        Assert.Contains("dev.tsv:3: the input has ", message, StringComparison.Ordinal);
        Assert.Contains("--truncate", message, StringComparison.Ordinal);

        var (code, events) = Run(request with { Truncate = true });
        Assert.Equal(0, code);
        Assert.InRange(events[^1].GetProperty("truncated").GetInt32(), 1, 5);
    }

    [Fact]
    public async Task The_loss_on_a_corpus_is_near_that_of_guessing_for_a_model_that_has_learnt_nothing()
    {
        Directory.CreateDirectory(_folder["text"]);
        for (var page = 0; page < 12; page++)
        {
            await File.WriteAllLinesAsync(_folder[$"text/{page}.txt"], Enumerable.Range(page * 40, 40).Select(i => $"The worker number {i} reads page {i * 7} and answers {i % 13} questions of the server."));
        }

        CorpusBuilder.Build(
            new CorpusBuildRequest { Inputs = [_folder["text"]], Out = _folder["corpus"], Vocabulary = _folder["spiece.model"], ValidationOneIn = 3, SkipRules = [] }, _ => { }, CancellationToken.None);

        var (code, events) = Run(new EvaluateRequest { Checkpoint = _folder["checkpoints"], PerplexityCorpus = _folder["corpus"], MaxInputTokens = 64, Batch = 4 });

        Assert.Equal(0, code);
        var loss = Assert.Single(events, happened => Name(happened) == "perplexity");
        Assert.InRange(loss.GetProperty("loss").GetDouble(), 4, 12);
        Assert.Equal(Math.Exp(loss.GetProperty("loss").GetDouble()), loss.GetProperty("perplexity").GetDouble(), 1e-6);
        Assert.True(loss.GetProperty("bits_per_byte").GetDouble() > 0);
        Assert.True(loss.GetProperty("tokens").GetInt64() > 0);

        // Every sample counts, whether it fills a batch or not.
        var samples = loss.GetProperty("samples").GetInt64();
        Assert.InRange(samples, 4, 1000);
        var odd = Assert.Single(Run(new EvaluateRequest { Checkpoint = _folder["checkpoints"], PerplexityCorpus = _folder["corpus"], MaxInputTokens = 64, Batch = (int)samples - 1 }).Events, happened => Name(happened) == "perplexity");
        Assert.Equal(samples, odd.GetProperty("samples").GetInt64());
        Assert.Equal(loss.GetProperty("tokens").GetInt64(), odd.GetProperty("tokens").GetInt64());
        Assert.Equal(loss.GetProperty("loss").GetDouble(), odd.GetProperty("loss").GetDouble(), 1e-5);
    }

    private void Pack(string from, string to)
    {
        using var packed = new System.IO.Compression.GZipStream(File.Create(_folder[to]), System.IO.Compression.CompressionMode.Compress);
        packed.Write(File.ReadAllBytes(_folder[from]));
    }

    private static string? Name(JsonElement happened) => happened.GetProperty("event").GetString();

    private static (int Code, List<JsonElement> Events) Run(EvaluateRequest request)
    {
        using var output = new StringWriter();
        var code = new EvaluateJob(TimeProvider.System).Run(JsonSerializer.SerializeToElement(request, JobEvents.Json), new JobEvents(output), CancellationToken.None);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())]);
    }

    private EvaluateRequest Request(string? file) => new()
    {
        Checkpoint = _folder["checkpoints"],
        Examples = _folder["dev.tsv"],
        Generation = new GenerationOptions { MaxTokens = 5 },
        Batch = 2,
        Out = file is null ? null : _folder[file],
    };

    private List<JsonElement> Lines(string file) =>
        [.. File.ReadLines(_folder[file]).Skip(1).Select(line => JsonDocument.Parse(line).RootElement.Clone())];
}
