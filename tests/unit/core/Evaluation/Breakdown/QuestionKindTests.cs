using Orchestrator.Core.Evaluation.Breakdown;
using Xunit;

namespace Orchestrator.Tests.Core.Evaluation.Breakdown;

public sealed class QuestionKindTests
{
    [Theory]
    [InlineData("who sings does he love me with reba", "who")]
    [InlineData("Whose portrait is on the coin?", "who")]
    [InlineData("how many pages is invisible man", "how many")]
    [InlineData("how did it end", "how")]
    [InlineData("southern soul was considered the sound of what independent record label", "what")]
    [InlineData("the isle of wight became an island in", "other")]
    [InlineData("what's the tallest building", "what")]
    public void A_question_word_is_the_first_there_is(string question, string word) => Assert.Equal(word, QuestionKind.Word(question));

    [Theory]
    [InlineData("when was the last time anyone was on the moon", "14 December 1972 UTC", "date")]
    [InlineData("when did the eagles win last super bowl", "2017", "date")]
    [InlineData("when does school start", "September", "date")]
    [InlineData("what month is it", "May", "other")]
    [InlineData("when was it built", "the 19th century", "date")]
    [InlineData("when was it popular", "the 1960s", "date")]
    [InlineData("when did they rule", "1914-18", "date")]
    [InlineData("how many seasons are there", "one season", "number")]
    [InlineData("what is the maximum data rate", "54 Mbit/s", "number")]
    [InlineData("who sang kryptonite", "3 Doors Down", "person")]
    [InlineData("who was the ruler of england in 1616", "James I", "person")]
    [InlineData("where do the great lakes meet the ocean", "the Saint Lawrence River", "place")]
    [InlineData("which state is located in the centre of india", "Chhattisgarh", "place")]
    [InlineData("in what us state is it", "Ohio", "place")]
    [InlineData("what is the hot coffee mod", "a mini-game", "other")]
    public void An_answers_type_follows_from_its_words_and_the_questions(string question, string answer, string type) =>
        Assert.Equal(type, QuestionKind.Answer(question, answer));

    [Theory]
    [InlineData("the Beatles", "1")]
    [InlineData("James I", "2")]
    [InlineData("a normally inaccessible mini-game", "3")]
    [InlineData("one two three four five", "4-5")]
    [InlineData("one two three four five six", "6+")]
    public void An_answers_length_leaves_articles_out(string answer, string length) => Assert.Equal(length, QuestionKind.Length(answer));
}
