using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Training.Data;
using Xunit;

namespace Orchestrator.Tests.Training.Knowledge;

public sealed class BioVocabularyTests
{
    [Theory]
    [InlineData("")]
    [InlineData("first=100,middle=100,last=200,city=50,university=50,major=25,company=50,company_city=25")]
    public void A_value_is_a_token_and_a_name_and_a_date_are_three_in_every_text(string sizes)
    {
        var lists = BioLists.Standard.Cut(BioSizes.Parse(sizes));
        int? templates = sizes.Length > 0 ? 20 : null;
        using var tokenizer = Tokenizer.Load(BioVocabulary.Build(lists, new BiographyWriter(1, templates)));
        var writer = new BiographyWriter(4, templates);
        foreach (var person in new BioPopulation(4, 300, 0, lists).All)
        {
            var text = writer.Write(person, BioVariant.Parse("multi5+permute+fullname"), copy: 2).Text;
            var tokens = tokenizer.Encode(text);
            Assert.Equal(text, tokenizer.Decode(tokens));
            Assert.All(tokens, token => Assert.True(tokenizer.Piece(token) is { Length: > 1 } or "." or "," or "-", $"{text}: {tokenizer.Piece(token)}"));
            Assert.All(BioAttributes.All, attribute => Assert.Equal(attribute == BioAttribute.BirthDate ? 3 : 1, tokenizer.Encode(person[attribute]).Length));
            Assert.Equal(3, tokenizer.Encode(person.Name).Length);
            Assert.All(BioQuestion.About(person), question => Assert.Equal(question.Text, tokenizer.Decode(tokenizer.Encode(question.Text))));
        }

        Assert.InRange(tokenizer.PieceCount, sizes.Length > 0 ? 800 : 3000, sizes.Length > 0 ? 1500 : 4500);
    }

    [Fact]
    public void What_no_word_covers_is_spelled()
    {
        using var tokenizer = Tokenizer.Load(BioVocabulary.Build(BioLists.Standard, new BiographyWriter(1)));

        Assert.Equal("A quixotic (strange) name: Zzyzx!", tokenizer.Decode(tokenizer.Encode("A quixotic (strange) name: Zzyzx!")));
        Assert.DoesNotContain(Tokenizer.Unknown, tokenizer.Encode("A quixotic (strange) name: Zzyzx!"));
    }
}
