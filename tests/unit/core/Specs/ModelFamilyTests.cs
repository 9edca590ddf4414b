using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Specs;

public sealed class ModelFamilyTests
{
    [Fact]
    public void A_gpt_starts_from_the_study_s_smallest_and_its_feed_forward_width_follows_its_own()
    {
        var model = Model("family: gpt, d_model: 128, heads: 4, decoder_layers: 4");

        Assert.Equal(
            (ModelFamily.Gpt, 128, 512, FeedForwardKind.Gelu, true, PositionKind.Rotary, 0.25),
            (model.Family, model.DModel, model.DFf, model.FeedForward, model.TiedEmbeddings, model.Positions, model.RotaryShare));
        var resolved = ResolvedModel.From(model, 800);
        Assert.Equal((0, 4, 32, 8, 10000.0, 1024), (resolved.EncoderLayers, resolved.DecoderLayers, resolved.DKv, resolved.RotaryWidth, resolved.RotaryBase, resolved.MaxLength));
    }

    [Fact]
    public void A_bert_starts_from_bert_base()
    {
        var resolved = ResolvedModel.From(Model("family: bert, d_ff: 100"), 30_522);

        Assert.Equal(
            (768, 100, 12, 0, FeedForwardKind.GeluErf, true, 512, 2, 1e-12),
            (resolved.DModel, resolved.DFf, resolved.EncoderLayers, resolved.DecoderLayers, resolved.FeedForward, resolved.TiedEmbeddings, resolved.MaxLength, resolved.TokenTypes, resolved.NormEpsilon));
    }

    [Theory]
    [InlineData("family: gtp", "model.family must be t5, gpt or bert, was gtp")]
    [InlineData("family: gpt, encoder_layers: 2", "model.encoder_layers is a field of family t5 and bert, and this model is a gpt; leave it out")]
    [InlineData("family: gpt, d_kv: 64", "model.d_kv is a field of family t5, and this model is a gpt; leave it out")]
    [InlineData("family: bert, tied_embeddings: true", "model.tied_embeddings is a field of family t5 and gpt, and this model is a bert; leave it out")]
    [InlineData("rotary_share: 0.5", "model.rotary_share is a field of family gpt and bert, and this model is a t5; leave it out")]
    [InlineData("family: gpt, preset: t5-small", "model.family must be t5 or left out with the preset t5-small, was gpt")]
    [InlineData("family: gpt, feed_forward: relu", "model.feed_forward must be gelu or gelu-erf in a gpt, was relu")]
    [InlineData("feed_forward: gelu", "model.feed_forward must be relu or gated-gelu in a t5, was gelu")]
    [InlineData("family: gpt, d_model: 100", "model.d_model must be a multiple of model.heads, 12, was 100")]
    [InlineData("family: gpt, d_model: 48", "model.rotary_share must turn an even number of a head's 4 values, at least 2; 0.25 turns 1")]
    [InlineData("family: gpt, max_length: 100", "data.input_length must be at most model.max_length, 100, was 512")]
    public void A_field_that_does_not_go_with_the_family_is_one_sentence(string fields, string expected) =>
        Assert.Equal("run.yaml:1: " + expected, Assert.Single(SpecReader.Read($"model: {{{fields}}}\ndata: {{corpus: /c}}", "run.yaml").Errors).ToString().Replace("run.yaml:2", "run.yaml:1", StringComparison.Ordinal));

    [Theory]
    [InlineData("", null)]
    [InlineData("evaluation: { every: 10, metric: squad }", "run.yaml:3: evaluation.metric must be loss in a bert, was squad: an encoder alone restores answers whose length it is told, and writes none")]
    [InlineData("data: { input_length: 500, target_length: 13, vocabulary: /v, tasks: [{ name: a, train: /a.jsonl }] }", "run.yaml:3: data.input_length and data.target_length together must be at most model.max_length, 512, were 513")]
    public void A_bert_learns_tasks_by_restoring_their_targets(string line, string? expected)
    {
        var data = line.StartsWith("data:", StringComparison.Ordinal) ? "" : "data: { input_length: 64, target_length: 32, vocabulary: /v, tasks: [{ name: a, train: /a.jsonl }] }";
        var result = SpecReader.Read($"model: {{ family: bert }}\n{data}\n{line}", "run.yaml");

        Assert.Equal(expected, result.Errors.SingleOrDefault()?.ToString());
    }

    [Theory]
    [InlineData("family: gpt, d_model: 128, heads: 4, dropout: 0.3, max_length: 600")]
    [InlineData("family: bert, positions: rotary")]
    [InlineData("preset: gpt2-medium")]
    [InlineData("relative_buckets: 31, relative_distance: 77")]
    public void What_the_writer_writes_reads_back(string fields)
    {
        var spec = SpecReader.Read($"model: {{{fields}}}\ndata: {{corpus: /c}}", "run.yaml").Spec!;

        var read = SpecReader.Read(SpecWriter.Write(spec), "run.yaml");

        Assert.Empty(read.Errors);
        Assert.Equal(spec, read.Spec);
    }

    [Fact]
    public void Families_and_their_fields_are_part_of_the_arithmetic_and_other_families_fields_are_not()
    {
        string Digest(ModelSpec model) => SpecDigest.Of(new RunSpec { Model = model }, "corpus");
        var gpt = Model("family: gpt");

        Assert.Equal(Digest(gpt), Digest(gpt with { RelativeBuckets = 8, EncoderLayers = 3 }));
        Assert.Equal(Digest(new ModelSpec()), Digest(new ModelSpec { RotaryShare = 0.5 }));
        string[] different = [Digest(new ModelSpec()), Digest(gpt), Digest(gpt with { RotaryShare = 0.5 }), Digest(gpt with { Positions = PositionKind.Learned }), Digest(Model("family: bert"))];
        Assert.Equal(different.Length, different.Distinct().Count());
    }

    private static ModelSpec Model(string fields)
    {
        var result = SpecReader.Read($"model: {{{fields}}}\ndata: {{corpus: /c}}", "run.yaml");
        Assert.Empty(result.Errors);
        return result.Spec!.Model;
    }
}
