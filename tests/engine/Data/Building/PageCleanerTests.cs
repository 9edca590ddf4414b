using Orchestrator.Core.Data;
using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

/// <summary>C4's rules, one by one, each on a page that passes but for it.</summary>
public sealed class PageCleanerTests
{
    private const string Good = "The first line has enough words.\nThe second line has them, too.\nAnd so has the third line.";

    private static readonly RawPage s_page = RawPage.Plain("key", "");

    private static readonly string[] s_good = Good.Split('\n');

    [Fact]
    public void A_good_page_is_kept_as_it_is()
    {
        var (lines, counts) = Clean(Good);
        Assert.Equal(s_good, lines);
        Assert.Equal(1, counts.PagesIn);
        Assert.Equal(3, counts.LinesIn);
        Assert.Equal(Good.Length + 1, counts.BytesIn);
        Assert.All(counts.Dropped, count => Assert.Equal(0, count));
    }

    [Fact]
    public void Lines_are_stripped() => Assert.Equal(s_good, Clean("  The first line has enough words. \n\tThe second line has them, too.\r\nAnd so has the third line.\u00A0").Lines);

    [Fact]
    public void A_page_of_more_than_190000_characters_is_dropped()
    {
        var line = "This line of fifty characters fills up the pages.\n";
        Assert.NotNull(Clean(string.Concat(Enumerable.Repeat(line, 190_000 / line.Length))).Lines);
        Drops(CleaningRule.TooLongPage, string.Concat(Enumerable.Repeat(line, (190_000 / line.Length) + 1)));
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1001, 1)]
    public void A_line_with_a_word_of_more_than_1000_characters_is_dropped(int length, int dropped) =>
        Loses(CleaningRule.LongWord, $"This is one quite long {new string('x', length)} word indeed.", dropped);

    [Theory]
    [InlineData("It was finished in 1889.[3] Later it was painted[edit] red[citation needed] again.[]", "It was finished in 1889. Later it was painted red again.", 4)]
    [InlineData("Array elements a[i] and b[x] are kept in it.", "Array elements a[i] and b[x] are kept in it.", 0)]
    public void Citation_marks_are_deleted_before_the_end_of_the_line_is_looked_at(string line, string kept, int marks)
    {
        var (lines, counts) = Clean($"{Good}\n{line}");
        Assert.Equal(kept, lines![^1]);
        Assert.Equal(marks, counts.Dropped[(int)CleaningRule.Citation]);
    }

    [Theory]
    [InlineData("This line ends with a period.", 0)]
    [InlineData("Does this line end with something else?", 0)]
    [InlineData("This line ends with a cry!", 0)]
    [InlineData("They said \"this line ends quoted\"", 0)]
    [InlineData("This line ends with an ellipsis...", 1)]
    [InlineData("This line ends with no mark", 1)]
    [InlineData("This line ends with a colon:", 1)]
    public void A_line_must_end_in_a_terminal_mark(string line, int dropped) => Loses(CleaningRule.NoEndMark, line, dropped);

    [Theory]
    [InlineData("These are four words.", 1)]
    [InlineData("These are now five words.", 0)]
    [InlineData("These   are \t four words.", 1)]
    public void A_line_needs_five_words(string line, int dropped) => Loses(CleaningRule.TooFewWords, line, dropped);

    [Fact]
    public void Lorem_ipsum_drops_the_page() => Drops(CleaningRule.LoremIpsum, $"{Good}\nHere we find Lorem Ipsum dolor sit amet.");

    [Fact]
    public void Javascript_drops_the_line() => Loses(CleaningRule.Javascript, "Please enable JavaScript in your own browser.", 1);

    [Fact]
    public void A_curly_bracket_drops_the_page() => Drops(CleaningRule.Brace, $"{Good}\nThe function f {{ returns nothing of value.");

    [Fact]
    public void A_curly_bracket_in_a_line_that_is_dropped_anyway_does_not_drop_the_page() =>
        Assert.Equal(s_good, Clean($"{Good}\nfunction f() {{ return 1; }}\nUse javascript {{ here }} if you must do.").Lines);

    [Theory]
    [InlineData("Read our Terms of Use before you go on.")]
    [InlineData("Our privacy policy has changed in this year.")]
    [InlineData("Our cookie policy has changed in this year.")]
    [InlineData("This site uses cookies for your own good.")]
    [InlineData("We tell you about our use of cookies.")]
    [InlineData("We may use cookies for your own good.")]
    public void A_line_about_policies_is_dropped(string line) => Loses(CleaningRule.Policy, line, 1);

    [Fact]
    public void A_word_of_the_block_list_drops_the_page_and_a_part_of_a_word_does_not()
    {
        Assert.Equal(CleaningRule.BlockList, Dropped($"{Good}\nThere is one Rude word in this line.", blocked: ["rude"]));
        Assert.Null(Dropped($"{Good}\nThere is some crude oil in this line.", blocked: ["rude"]));
        // As released, the word needs a neighbour on both sides.
        Assert.Null(Dropped($"{Good}\nRude is the first word of this line.", blocked: ["rude"]));
    }

    [Fact]
    public void A_page_needs_three_sentences()
    {
        Drops(CleaningRule.TooFewSentences, "This page has one sentence here. And it has another one.");
        Assert.NotNull(Clean("This page has one sentence here. And it has another one.\nAnd there is the third one.").Lines);
        Drops(CleaningRule.TooFewSentences, "");
    }

    [Fact]
    public void Each_rule_can_be_left_out()
    {
        Assert.Equal(["Just words"], Clean("Just words", skipped: [CleaningRule.NoEndMark, CleaningRule.TooFewWords, CleaningRule.TooFewSentences]).Lines);
        Assert.Equal(4, Clean($"{Good}\nThe set {{1, 2}} has just two elements.", skipped: [CleaningRule.Brace]).Lines!.Count);
        Assert.Equal(4, Clean($"{Good}\nPlease enable JavaScript in your own browser.", skipped: [CleaningRule.Javascript]).Lines!.Count);
    }

    [Fact]
    public void Lines_that_differ_in_case_alone_have_one_digest()
    {
        var counts = new CleaningCounts();
        var page = new PageCleaner(new HashSet<CleaningRule>(), []).Clean(s_page, $"{Good}\nAND SO HAS THE THIRD LINE.", counts, new RuleExamples(0))!;
        Assert.Equal(page.Lines[2].Digest, page.Lines[3].Digest);
        Assert.Equal(3, page.Lines.Select(line => line.Digest).Distinct().Count());
    }

    private static void Loses(CleaningRule rule, string line, int dropped)
    {
        var (lines, counts) = Clean($"{Good}\n{line}");
        Assert.Equal(dropped == 0 ? [.. s_good, line] : s_good, lines);
        Assert.Equal(dropped, counts.Dropped[(int)rule]);
        Assert.Equal(dropped, counts.Dropped.Sum());
    }

    private static void Drops(CleaningRule rule, string text) => Assert.Equal(rule, Dropped(text));

    private static CleaningRule? Dropped(string text, params string[] blocked)
    {
        var counts = new CleaningCounts();
        var page = new PageCleaner(new HashSet<CleaningRule>(), blocked).Clean(s_page, text, counts, new RuleExamples(0));
        return page is null ? CleaningRules.All.Single(rule => counts.Dropped[(int)rule] == 1 && CleaningRules.Unit(rule) == "pages") : null;
    }

    private static (IReadOnlyList<string>? Lines, CleaningCounts Counts) Clean(string text, params CleaningRule[] skipped)
    {
        var counts = new CleaningCounts();
        var page = new PageCleaner(new HashSet<CleaningRule>(skipped), []).Clean(s_page, text, counts, new RuleExamples(0));
        return (page?.Lines.Select(line => line.Text).ToList(), counts);
    }
}
