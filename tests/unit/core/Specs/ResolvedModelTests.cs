using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Specs;

public sealed class ResolvedModelTests
{
    // T5's SentencePiece model: 32,000 pieces and 100 sentinels.
    private const int T5Vocabulary = 32_100;

    // The weights of the released checkpoints, counted.
    [Theory]
    [InlineData("t5-small", 60_506_624)]
    [InlineData("t5-base", 222_903_552)]
    [InlineData("t5-large", 737_668_096)]
    [InlineData("t5-3b", 2_851_598_336)]
    [InlineData("t5-11b", 11_307_321_344)]
    [InlineData("t5-v1_1-small", 76_961_152)]
    [InlineData("t5-v1_1-base", 247_577_856)]
    [InlineData("t5-v1_1-large", 783_150_080)]
    [InlineData("t5-v1_1-xl", 2_849_757_184)]
    [InlineData("t5-v1_1-xxl", 11_135_332_352)]
    public void A_preset_over_T5s_vocabulary_has_the_published_number_of_parameters(string preset, long parameters)
    {
        var model = ResolvedModel.From(ModelPresets.Find(preset)!, T5Vocabulary);

        Assert.Equal((32_128, parameters), (model.Vocabulary, model.ParameterCount));
    }

    // Counted in Hugging Face's GPT2LMHeadModel and BertForMaskedLM at the published vocabularies; the study's rotary model is GPT-2 without the position table.
    [Theory]
    [InlineData("gpt2", 50_257, 124_439_808)]
    [InlineData("gpt2-medium", 50_257, 354_823_168)]
    [InlineData("gpt2-large", 50_257, 774_030_080)]
    [InlineData("gpt2-xl", 50_257, 1_557_611_200)]
    [InlineData("gpt-small", 50_257, 123_653_376)]
    [InlineData("gpt-12-20", 50_257, 300_460_800)]
    [InlineData("gpt-12-32", 50_257, 707_229_696)]
    [InlineData("bert-base", 30_522, 109_514_298)]
    [InlineData("bert-large", 30_522, 335_174_458)]
    public void A_decoder_or_encoder_preset_has_the_published_number_of_parameters(string preset, int vocabulary, long parameters) =>
        Assert.Equal(parameters, ResolvedModel.From(ModelPresets.Find(preset)! with { Vocabulary = vocabulary }, vocabulary).ParameterCount);

    [Fact]
    public void All_ten_published_sizes_of_T5_are_there() =>
        Assert.Equal(10, ModelPresets.Names.Count(name => ModelPresets.Find(name)!.Family == ModelFamily.T5));

    [Theory]
    [InlineData(1, 128)]
    [InlineData(128, 128)]
    [InlineData(129, 256)]
    public void The_corpuss_vocabulary_is_rounded_up_to_a_multiple_of_128(int corpus, int rows) =>
        Assert.Equal(rows, ResolvedModel.From(new ModelSpec(), corpus).Vocabulary);

    [Fact]
    public void A_given_vocabulary_is_kept_if_it_holds_the_corpuss()
    {
        Assert.Equal(2101, ResolvedModel.From(new ModelSpec { Vocabulary = 2101 }, 2100).Vocabulary);

        var error = Assert.Throws<BadInputException>(() => ResolvedModel.From(new ModelSpec { Vocabulary = 2099 }, 2100));
        Assert.Contains("model.vocabulary must be at least 2100", error.Message, StringComparison.Ordinal);
    }
}
