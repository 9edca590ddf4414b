using Orchestrator.Training.Data.Objectives;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Objectives;

public sealed class SalientSpanFinderTests
{
    [Theory]
    [InlineData("She was born in Paris on March 5, 1867 and died .", "Paris|March 5, 1867")]
    [InlineData("We saw Marie Curie and Pierre , then home again .", "Marie Curie|Pierre")]
    [InlineData("The United States lost 1,234 ships . It was late now", "United States")]
    [InlineData("Barack Obama spoke for 3.5 hours there", "Barack Obama")]
    [InlineData("Nothing is here . Nothing at all", "")]
    [InlineData("it costs 5 dollars in Rome, Milan and more", "Rome|Milan")]
    [InlineData("they met in May 1968 or 12 June, said he", "May 1968|12 June")]
    public void Dates_and_names_are_found_and_numbers_and_first_words_of_sentences_are_not(string text, string expected)
    {
        // A piece a word, and one for each mark that follows it.
        var pieces = text.Split(' ').SelectMany(word => word.Length > 1 && ",.".Contains(word[^1]) ? [$"\u2581{word[..^1]}", $"{word[^1]}"] : new[] { $"\u2581{word}" }).ToArray();
        var finder = new SalientSpanFinder(pieces);

        var spans = finder.Find(Enumerable.Range(0, pieces.Length).ToArray(), longest: 32);

        Assert.Equal(expected, string.Join('|', spans.Select(span => string.Concat(pieces[span.Start..span.End]).Replace('\u2581', ' ').Trim())));
    }

    [Fact]
    public void Words_that_the_window_cuts_and_spans_that_are_too_long_are_left_out()
    {
        string[] pieces = ["don", "\u2581saw", "\u2581Ann", "a", "\u2581by", "\u2581Big", "\u2581Red", "\u2581Dog", "\u2581at", "\u2581Lon"];
        var finder = new SalientSpanFinder(pieces);
        var tokens = Enumerable.Range(0, pieces.Length).ToArray();

        Assert.Equal([(2, 4), (5, 8)], finder.Find(tokens, longest: 32));
        Assert.Equal([(2, 4)], finder.Find(tokens, longest: 2));
    }
}
