using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;
using Orchestrator.Worker.Jobs;
using Xunit;

namespace Orchestrator.Tests.Worker.Jobs;

/// <summary>What a worker would refuse is refused before there is one.</summary>
public sealed class RunCheckJobTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RunCheckJobTests()
    {
        File.WriteAllBytes(_folder["spiece.model"], SmallText.Vocabulary);
        File.WriteAllText(_folder["dev.tsv"], "input\ttarget\n" + string.Concat(Enumerable.Range(0, 9).Select(i => $"A worker counts {i}.\tnumber {i}\n")));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_can_start_passes_with_what_people_should_know()
    {
        Assert.Empty(Notes(Check(Spec())));
        Assert.Contains("9 targets to 2", Assert.Single(Notes(Check(Spec(targetLength: 2, truncate: true)))), StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_that_mean_nothing_and_examples_that_are_too_long_are_named_with_their_field()
    {
        Assert.StartsWith("model.freeze: \"encodr.*\" means none of the model's weights", Refusal(Spec(model => model with { Freeze = ["encodr.*"] })), StringComparison.Ordinal);
        Assert.StartsWith("model.train: \"qq\" means none", Refusal(Spec(model => model with { Train = ["qq"] })), StringComparison.Ordinal);
        Assert.Matches(@"dev\.tsv:\d+: the target has \d+ tokens with its end and data\.target_length is 2; raise it, or give task count truncate: true\.\z", Refusal(Spec(targetLength: 2)));
    }

    [Fact]
    public void Examples_that_are_trained_on_are_counted_in_tokens_where_that_is_asked_for()
    {
        using var tokenizer = Tokenizer.Load(SmallText.Vocabulary);
        var tokens = Enumerable.Range(0, 9).Sum(i => tokenizer.Encode($"A worker counts {i}.").Length + 1 + tokenizer.Encode($"number {i}").Length + 1);

        var spec = Spec();
        spec = spec with { Data = spec.Data with { Tasks = [spec.Data.Tasks[0] with { HeldOut = 0, Validation = [_folder["dev.tsv"]] }] } };
        var finished = Check(spec, countTokens: true);

        Assert.Equal((9L, (long)tokens), (finished.GetProperty("examples").GetInt64(), finished.GetProperty("tokens").GetInt64()));
        Assert.False(Check(spec).TryGetProperty("tokens", out _));
    }

    [Fact]
    public void Questions_that_a_model_cannot_be_asked_are_named_with_their_line()
    {
        File.WriteAllText(_folder["asked.tsv"], "input\ttarget\nFirst <extra_id_0>.\t<extra_id_0> one\nSecond <extra_id_100>.\ttwo\n");
        var spec = Spec() with { Evaluation = new EvaluationSpec { Knowledge = new KnowledgeSpec { Questions = _folder["asked.tsv"] } } };
        Assert.StartsWith($"evaluation.knowledge.questions: {_folder["asked.tsv"]}:3: The text asks for gap 100", Refusal(spec), StringComparison.Ordinal);

        File.WriteAllText(_folder["asked.tsv"], "input\ttarget\nFirst <extra_id_0>.\t<extra_id_0> one\n");
        Assert.Empty(Notes(Check(spec)));
    }

    [Fact]
    public async Task Every_weight_of_another_shape_is_listed()
    {
        using var model = new T5Model(ResolvedModel.From(Spec().Model, 400));
        using var writer = new CheckpointWriter(_folder["checkpoints"], new CheckpointOptions(), TimeProvider.System);
        await writer.Save(new CheckpointContent
        {
            Step = 1,
            Cursor = new CheckpointCursor(0, 0),
            SpecDigest = "spec",
            Shape = model.Shape,
            Model = model.Parameters.WeightViews,
            Optimizer = [],
            Vocabulary = null,
        });
        var start = _folder["checkpoints/step-00000001"];
        // What the configuration says is looked at before; here the weights themselves are others.
        File.Delete(Path.Combine(start, "config.json"));
        RunSpec From(Func<ModelSpec, ModelSpec> change) => Spec(own => change(own with { StartFrom = start, StartDigest = "00" }));

        Check(From(own => own));
        var lines = Refusal(From(own => own with { DFf = 48, DecoderLayers = 2 })).Split('\n');

        Assert.StartsWith($"model.start_from: The weights of the checkpoint '{start}' are not those of this model:", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains("'encoder.block.0.layer.1.DenseReluDense.wi_0.weight' is F32 [64, 32] where F32 [48, 32] is due", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("'decoder.block.1.layer.0.SelfAttention.q.weight' is missing", StringComparison.Ordinal));
    }

    private static string[] Notes(JsonElement finished) => [.. finished.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!)];

    private static string Refusal(RunSpec spec) => Assert.Throws<BadInputException>(() => Check(spec)).Message;

    private static JsonElement Check(RunSpec spec, bool countTokens = false)
    {
        using var output = new StringWriter();
        var request = new RunCheckRequest { Spec = SpecWriter.Write(spec), CountTokens = countTokens };
        Assert.Equal(0, new RunCheckJob().Run(JsonSerializer.SerializeToElement(request, JobEvents.Json), new JobEvents(output), CancellationToken.None));
        return JsonDocument.Parse(output.ToString()).RootElement;
    }

    private RunSpec Spec(Func<ModelSpec, ModelSpec>? change = null, int targetLength = 16, bool truncate = false)
    {
        var model = new ModelSpec { DModel = 32, DFf = 64, DKv = 8, Heads = 4, EncoderLayers = 1, DecoderLayers = 1, TiedEmbeddings = true };
        return new RunSpec
        {
            Model = change is null ? model : change(model),
            Batch = new BatchSpec { Microbatches = 1, Microbatch = 2 },
            Workers = new WorkersSpec { Min = 1, Max = 1 },
            Data = new DataSpec
            {
                Vocabulary = _folder["spiece.model"],
                InputLength = 32,
                TargetLength = targetLength,
                Tasks = [new TaskSpec { Name = "count", Train = [_folder["dev.tsv"]], HeldOut = 0.2, Truncate = truncate }],
            },
        };
    }
}
