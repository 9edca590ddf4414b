using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Tests.Training.Model;
using Orchestrator.Training.Generation;
using Orchestrator.Training.Model;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Training.Generation;

public sealed class GptDecoderTests
{
    public static TheoryData<string> Names { get; } = ["gpt", "gpt-untied", "gpt-learned"];

    // Texts of 5, 0 and 21 tokens, continued by the same.
    private static readonly long[] s_inputs =
        [.. Row([7, 8, 9, 10, 11]), .. Row([]), .. Row([.. Enumerable.Range(20, 21).Select(token => (long)token)])];

    [Theory]
    [MemberData(nameof(Names))]
    public void Token_by_token_logits_are_bit_for_bit_those_of_the_whole_text(string name)
    {
        using var scope = NewDisposeScope();
        using var model = (GptModel)SmallModels.Create(SmallModels.Shape(name));
        long[] more = [50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64];
        using var decoder = model.StartDecoding(s_inputs, rows: 3);
        Assert.Equal([11, 0, 40], decoder.FirstTokens);

        long[] next = [.. decoder.FirstTokens];
        var steps = new List<float[]>();
        foreach (var token in more)
        {
            steps.Add(decoder.Step(next).data<float>().ToArray());
            next = [token, token, token];
        }

        foreach (var (row, length) in new[] { (0, 5), (1, 0), (2, 21) })
        {
            long[] text = [0, .. s_inputs.Skip(row * 21).Take(length), .. more[..^1]];
            var whole = model.forward(tensor(text, [1, text.Length])).data<float>().ToArray();
            for (var step = 0; step < steps.Count; step++)
            {
                var at = (length + step) * SmallModels.Vocabulary;
                Assert.Equal(whole[at..(at + SmallModels.Vocabulary)], steps[step][(row * SmallModels.Vocabulary)..((row + 1) * SmallModels.Vocabulary)]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_that_are_selected_go_on_where_they_stood(string name)
    {
        using var scope = NewDisposeScope();
        using var model = (GptModel)SmallModels.Create(SmallModels.Shape(name));
        using var all = model.StartDecoding(s_inputs, rows: 3);
        using var some = model.StartDecoding(s_inputs, rows: 3);
        all.Step([1, 2, 3]);
        some.Step([1, 2, 3]);

        some.Select([2, 0, 2]);

        var (expected, actual) = (all.Step([4, 5, 6]), some.Step([6, 4, 6]));
        Assert.Equal(expected[2].data<float>().ToArray(), actual[0].data<float>().ToArray());
        Assert.Equal(expected[0].data<float>().ToArray(), actual[1].data<float>().ToArray());
    }

    [Fact]
    public void Searches_work_over_it_and_continue_a_text()
    {
        using var model = (GptModel)SmallModels.Create(SmallModels.Shape("gpt"));

        var greedy = SequenceGenerator.Generate(model, s_inputs, 3, new GenerationOptions { MaxTokens = 6, StopAtEnd = false });
        var beams = SequenceGenerator.Generate(model, s_inputs, 3, new GenerationOptions { MaxTokens = 6, StopAtEnd = false, Beams = 4 });

        Assert.All(greedy, row => Assert.Equal(6, row.Tokens.Length));
        Assert.All(greedy.Zip(beams), pair => Assert.True(pair.Second.LogProbability >= pair.First.LogProbability - 1e-4));
    }

    [Fact]
    public void A_text_that_outgrows_the_model_is_an_error()
    {
        using var model = LanguageModels.Create(SmallModels.Shape("gpt") with { MaxLength = 8 });

        var error = Assert.Throws<BadInputException>(
            () => SequenceGenerator.Generate((GptModel)model, [5, 6, 7, 8], 1, new GenerationOptions { MaxTokens = 20, StopAtEnd = false }));

        Assert.Contains("the model takes 8", error.Message, StringComparison.Ordinal);
    }

    private static long[] Row(long[] tokens) => [.. tokens, .. new long[21 - tokens.Length]];
}
