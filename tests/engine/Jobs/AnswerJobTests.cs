using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Tests.Training.Model;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data;
using Orchestrator.Training.Knowledge;
using Orchestrator.Training.Model;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

public sealed class AnswerJobTests : IDisposable
{
    private static readonly ResolvedModel Shape = new(512, 32, 64, 8, 4, 1, 1, FeedForwardKind.GatedGelu, false, 32, 128, 0.0);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_saved_model_answers_as_the_model_that_was_saved()
    {
        using var model = new T5Model(Shape);
        model.Initialise(5);
        using var tokenizer = Tokenizer.Load(SmallText.Vocabulary);
        var expected = new TextGenerator(model, tokenizer).Generate(["The server ___ its pages.", "A worker <extra_id_0>."], new GenerationOptions { MaxTokens = 10 }).ToArray();
        await Save(model);

        var (code, events) = Run(new { checkpoint = _folder["checkpoints"], questions = new[] { "The server ___ its pages.", "A worker <extra_id_0>." }, generation = new { max_tokens = 10 } });

        Assert.Equal(0, code);
        Assert.Equal(["answer", "answer", "finished"], events.Select(e => e.GetProperty("event").GetString()));
        Assert.Equal(expected.Select(answer => answer.Text), events.Take(2).Select(e => e.GetProperty("answer").GetString()));
        Assert.Equal([0, 1], events.Take(2).Select(e => e.GetProperty("number").GetInt32()));
        Assert.Equal("A worker <extra_id_0>.", events[1].GetProperty("question").GetString());
        Assert.Equal(7, events[2].GetProperty("step").GetInt64());
    }

    [Fact]
    public async Task A_hugging_face_folder_answers_as_it_stands_and_one_of_pickles_says_how_to_convert_it()
    {
        using var model = new T5Model(Shape);
        model.Initialise(5);
        await Save(model);
        HuggingFaceExport.Export(_folder["checkpoints/step-00000007"], _folder["flan"], TensorType.F32, 5_000_000_000, (_, _) => { });

        var answers = new[] { "checkpoints", "flan" }.Select(name => Run(new { checkpoint = _folder[name], questions = new[] { "The server ___ its pages." } }).Events[0].GetProperty("answer").GetString()).ToArray();

        Assert.False(File.Exists(_folder["flan/manifest.json"]));
        Assert.Equal(answers[0], answers[1]);
        File.Move(_folder["flan/model.safetensors"], _folder["flan/pytorch_model.bin"]);
        var refused = Assert.Throws<BadInputException>(() => Run(new { checkpoint = _folder["flan"], questions = new[] { "Why?" } })).Message;
        Assert.Contains("safe_serialization=True", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_of_a_file_are_asked_line_by_line_and_an_empty_line_is_located()
    {
        using var model = new T5Model(Shape);
        model.Initialise(5);
        await Save(model);
        await File.WriteAllLinesAsync(_folder["asked.txt"], ["The server ___ its pages.", "A worker <extra_id_0>."]);

        var (_, events) = Run(new { checkpoint = _folder["checkpoints"], input = _folder["asked.txt"], generation = new { max_tokens = 5, beams = 3 } });

        Assert.Equal(["The server ___ its pages.", "A worker <extra_id_0>."], events.Take(2).Select(e => e.GetProperty("question").GetString()));
        Assert.All(events.Take(2), e => Assert.True(e.GetProperty("log_probability").GetDouble() < 0));
        await File.WriteAllLinesAsync(_folder["asked.txt"], ["Why?", "", "How?"]);
        Assert.Contains(
            "asked.txt:2", Assert.Throws<BadInputException>(() => Run(new { checkpoint = _folder["checkpoints"], input = _folder["asked.txt"] })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt")]
    [InlineData("gpt-learned")]
    public async Task A_saved_decoder_goes_on_with_a_text_as_the_model_that_was_saved(string name)
    {
        using var model = (GptModel)LanguageModels.Create(SmallModels.Shape(name) with { Vocabulary = 512 });
        model.Initialise(5);
        using var tokenizer = Tokenizer.Load(SmallText.Vocabulary);
        var expected = new TextGenerator(model, tokenizer).Generate(["The server", "A worker is"], new GenerationOptions { MaxTokens = 10 }).ToArray();
        await Save(model);

        var (_, events) = Run(new { checkpoint = _folder["checkpoints"], questions = new[] { "The server", "A worker is" }, generation = new { max_tokens = 10 } });

        Assert.Equal(expected.Select(answer => answer.LogProbability), events.Take(2).Select(e => e.GetProperty("log_probability").GetDouble()));
        Assert.Equal(tokenizer.Encode("A worker is").Length, new TextGenerator(model, tokenizer).Encode("A worker is").Length);
    }

    [Fact]
    public async Task A_saved_encoder_is_refused_in_a_sentence()
    {
        using var model = LanguageModels.Create(SmallModels.Shape("bert") with { Vocabulary = 512 });
        model.Initialise(5);
        await Save(model);

        var error = Assert.Throws<BadInputException>(() => Run(new { checkpoint = _folder["checkpoints"], questions = new[] { "Why?" } }));

        Assert.Contains("generates nothing; name a T5 or GPT", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_checkpoint_is_refused_in_a_sentence() => Assert.Contains(
        "no whole checkpoint", Assert.Throws<BadInputException>(() => Run(new { checkpoint = _folder.Path, questions = new[] { "Why?" } })).Message, StringComparison.Ordinal);

    private static (int Code, List<JsonElement> Events) Run(object request)
    {
        using var output = new StringWriter();
        var code = new AnswerJob(TimeProvider.System).Run(JsonSerializer.SerializeToElement(request), new JobEvents(output), CancellationToken.None);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())]);
    }

    private async Task Save(ILanguageModel model)
    {
        var vocabulary = _folder["spiece.model"];
        await File.WriteAllBytesAsync(vocabulary, SmallText.Vocabulary);
        using var writer = new CheckpointWriter(_folder["checkpoints"], new CheckpointOptions(), TimeProvider.System);
        await writer.Save(new CheckpointContent
        {
            Step = 7,
            Cursor = new CheckpointCursor(0, 0),
            SpecDigest = "spec",
            Shape = model.Shape,
            Model = model.Parameters.WeightViews,
            Optimizer = [],
            Vocabulary = vocabulary,
        });
    }
}
