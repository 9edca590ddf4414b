using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Data;
using Orchestrator.Training.Knowledge;
using Orchestrator.Training.Model;
using Xunit;

namespace Orchestrator.Tests.Training.Knowledge;

public sealed class TextGeneratorTests : IDisposable
{
    private readonly Tokenizer _tokenizer = Tokenizer.Load(SmallText.Vocabulary);
    private readonly T5Model _model;

    public TextGeneratorTests()
    {
        _model = new T5Model(new ResolvedModel(512, 32, 64, 8, 4, 1, 1, FeedForwardKind.GatedGelu, false, 32, 128, 0.0));
        _model.Initialise(5);
    }

    public void Dispose()
    {
        _model.Dispose();
        _tokenizer.Dispose();
    }

    [Fact]
    public void Sentinels_and_gaps_become_sentinel_tokens_and_the_text_ends()
    {
        var generator = new TextGenerator(_model, _tokenizer);

        var tokens = generator.Encode("The server ___ its pages <extra_id_1> and _____.");

        Assert.Equal([_tokenizer.Sentinel(0), _tokenizer.Sentinel(1), _tokenizer.Sentinel(2)], tokens.Select(t => (int)t).Where(_tokenizer.IsSentinel));
        Assert.Equal(Tokenizer.Eos, tokens[^1]);
        Assert.Equal("The server <extra_id_0> its pages <extra_id_1> and <extra_id_2> .", _tokenizer.Decode([.. tokens.Select(t => (int)t)]));
    }

    [Fact]
    public void A_sentinel_that_does_not_exist_is_refused() => Assert.Contains(
        "gap 100", Assert.Throws<BadInputException>(() => new TextGenerator(_model, _tokenizer).Encode("<extra_id_100>")).Message, StringComparison.Ordinal);

    [Fact]
    public void Answers_do_not_depend_on_what_is_asked_with_them()
    {
        var generator = new TextGenerator(_model, _tokenizer);
        string[] texts = ["A worker ___ seven numbers.", "This document describes the first answer ___ without delay.", "___"];

        var together = generator.Generate(texts, new GenerationOptions { MaxTokens = 12 }).ToArray();

        Assert.Equal(together, texts.Select(text => generator.Generate([text], new GenerationOptions { MaxTokens = 12 }).Single()));
        Assert.All(together, answer => Assert.InRange(answer.Tokens, 1, 12));
    }
}
