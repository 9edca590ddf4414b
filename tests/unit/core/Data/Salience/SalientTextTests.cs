using System.Diagnostics;
using Orchestrator.Core;
using Orchestrator.Core.Data.Salience;
using Xunit;

namespace Orchestrator.Tests.Core.Data.Salience;

public sealed class SalientTextTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("It was signed on July 4, 1776.", "July 4, 1776")]
    [InlineData("It was signed on 4 July 1776.", "4 July 1776")]
    [InlineData("It was signed on Thursday, the 4th of July 1776.", "Thursday, the 4th of July 1776")]
    [InlineData("We danced through the 1990s.", "1990s")]
    [InlineData("A 19th century house", "19th century")]
    [InlineData("The seventeenth century was cold.", "seventeenth century")]
    [InlineData("He came in 1776 and left in 1780.", "1776|1780")]
    [InlineData("It lasted from 1939-45 and no longer.", "1939-45")]
    [InlineData("They left in May.", "May")]
    [InlineData("He fled in 44 BC by night.", "44 BC")]
    [InlineData("It opens on 2024-06-15 or 6/15/2024.", "2024-06-15|6/15/2024")]
    [InlineData("In Dec. 1941 and in the autumn of 1942", "Dec. 1941|autumn of 1942")]
    [InlineData("It leaves at 3:30 pm and costs $1850.", "")]
    [InlineData("It has 1500 people, 1776 pages, 1.1990 of each and 1,234 rooms.", "")]
    [InlineData("You may march on Monday.", "")]
    public void Dates_are_found_in_their_usual_forms_and_times_and_quantities_are_none(string text, string expected) => Assert.Equal(expected, Found(text));

    [Theory]
    [InlineData("The river was low. Water came late.", "")]
    [InlineData("Zorblat came late.", "Zorblat")]
    [InlineData("Zorblat came late, as a zorblat does.", "")]
    [InlineData("Rust was old. They knew that Rust had lived there.", "Rust|Rust")]
    [InlineData("In Rome the sun shone.", "Rome")]
    [InlineData("Scientists agree.", "")]
    public void A_word_that_opens_a_sentence_is_a_name_where_the_lists_or_the_text_say_so(string text, string expected) => Assert.Equal(expected, Found(text));

    [Theory]
    [InlineData("then President Emma Stone of the University of Oslo spoke", "Emma Stone Person|University of Oslo Organisation")]
    [InlineData("we saw Ludwig van Beethoven in Vienna, Austria", "Ludwig van Beethoven Person|Vienna Place|Austria Place")]
    [InlineData("the J. R. R. Tolkien Society", "J. R. R. Tolkien Society Organisation")]
    [InlineData("she read \"The Name of the Rose\" there", "The Name of the Rose Miscellaneous")]
    [InlineData("the U.S. and AT&T", "U.S. Place|AT&T Organisation")]
    public void Names_have_their_borders_and_kinds(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', SalientText.Find(text).Select(span => $"{text[span.Start..span.End]} {span.Kind}")));

    [Fact]
    public void Spans_lie_in_order_inside_any_text_and_do_not_overlap()
    {
        var random = new Orchestrator.Core.Data.SeededRandom(7);
        string[] parts = ["The", "Rome", "of", "van", "\"", "“", "1776", "May", "5,", "J.", "Jr.", ",", "&", " ", " ", " ", " ", "\n", "é", "A", "'s", "-", ".", "University", "President", "\uD83D\uDE00", "\uFFFD", "19th century", "x", "$"];
        for (var turn = 0; turn < 3000; turn++)
        {
            var text = "";
            for (var i = random.Below(25); i > 0; i--)
            {
                text += parts[(int)random.Below((ulong)parts.Length)];
            }

            var last = 0;
            foreach (var span in SalientText.Find(text))
            {
                Assert.True(span.Start >= last && span.End > span.Start && span.End <= text.Length, text);
                last = span.End;
            }
        }
    }

    [Theory]
    [InlineData("development", 0.95, 0.92)]
    [InlineData("test", 0.97, 0.92)]
    public void Labelled_sentences_keep_their_score(string half, double borders, double kinds)
    {
        var texts = LabelledText.ReadFile(Repository.PathOf("tests", "unit", "core", "Data", "Salience", $"salient-{half}.jsonl"));

        output.WriteLine($"{half}: borders {SpanScore.Of(texts).F1:F3}, kinds {SpanScore.WithKinds(texts).F1:F3}");
        Assert.InRange(SpanScore.Of(texts).F1, borders, 1);
        Assert.InRange(SpanScore.WithKinds(texts).F1, kinds, 1);
    }

    [Fact]
    public void Threads_find_the_same_and_the_speed_is_told()
    {
        var texts = LabelledText.ReadFile(Repository.PathOf("tests", "unit", "core", "Data", "Salience", "salient-development.jsonl"));
        var text = string.Join(' ', Enumerable.Repeat(string.Join(' ', texts.Select(one => one.Text)), 20));
        var expected = SalientText.Find(text);
        var clock = Stopwatch.StartNew();
        _ = SalientText.Find(text);
        output.WriteLine($"{text.Length / clock.Elapsed.TotalSeconds / 1e6:F1} MB/s");

        Assert.All(ParallelEnumerable.Range(0, 4).WithDegreeOfParallelism(4).Select(_ => SalientText.Find(text)).ToList(), found => Assert.Equal(expected, found));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"text\": \"é\", \"spans\": {\"start\": [1], \"limit\": [2]}, \"kinds\": [\"place\"]}")]
    [InlineData("{\"text\": \"Rome\", \"spans\": {\"start\": [0], \"limit\": [4]}, \"kinds\": [\"village\"]}")]
    public void A_line_that_is_no_labelled_text_is_named(string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(Path.Combine(folder.Path, "labels.jsonl"), ["{\"text\": \"no\", \"spans\": {\"start\": [], \"limit\": []}, \"kinds\": []}", line]);

        Assert.Contains("line 2", Assert.Throws<BadInputException>(() => LabelledText.ReadFile(Path.Combine(folder.Path, "labels.jsonl"))).Message, StringComparison.Ordinal);
    }

    private static string Found(string text) => string.Join('|', SalientText.Find(text).Select(span => text[span.Start..span.End]));
}
