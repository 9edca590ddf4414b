using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Knowledge.Bios.Rewriting;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Bios.Rewriting;

public sealed class RewriteCheckTests
{
    private static readonly BioPerson s_person = new(
        0, "Ada May Fox", "She", ["May 1, 1999", "Austin, TX", "Austin University", "Art", "Art House", "Austin, TX"], Celebrity: false, Trained: true);

    private static readonly Biography s_source = new(s_person, 0, "", BioAttributes.All, [0, 1, 2, 3, 4, 5]);

    private const string Whole = "Ada May Fox (born May 1, 1999 in Austin, TX) went to Austin University for Art, then to Art House in Austin, TX.";

    [Fact]
    public void A_text_that_tells_all_is_kept_with_the_place_of_each_value()
    {
        var (kept, lost) = RewriteCheck.Of(s_source, "  " + Whole.Replace(" ", "\n ", StringComparison.Ordinal));

        Assert.Null(lost);
        Assert.Equal(Whole, kept!.Text);
        Assert.All(BioAttributes.All, attribute => Assert.StartsWith(s_person[attribute], Whole[kept.Places[(int)attribute]..], StringComparison.Ordinal));
        Assert.Equal(6, kept.Places.Distinct().Count());
        Assert.Equal(Whole.IndexOf("for Art,", StringComparison.Ordinal) + 4, kept.Places[(int)BioAttribute.Major]);
        Assert.Equal(BioAttributes.All, kept.Order);
    }

    [Theory]
    [InlineData("Ada May Fox", "Ada Fox", "name")]
    [InlineData("May 1, 1999", "1 May 1999", "birth_date")]
    [InlineData("Austin University", "the University of Austin", "university")]
    [InlineData(" for Art,", " for Arts,", "major")]
    [InlineData(" in Austin, TX.", ".", "company_city")]
    [InlineData("Art House", "the House of Art", "employer")]
    public void A_text_that_lost_something_is_not(string from, string to, string lost)
    {
        var result = RewriteCheck.Of(s_source, Whole.Replace(from, to, StringComparison.Ordinal));

        Assert.Null(result.Kept);
        Assert.Equal(lost, result.Lost);
    }

    [Fact]
    public void Attempts_take_the_prompts_in_turn_and_each_holds_the_text()
    {
        var prompts = RewritePrompts.Standard;
        var count = prompts.Templates.Count;
        Assert.True(count >= 5);

        string[] asked = [.. Enumerable.Range(0, count).Select(attempt => prompts.For(1, 7, attempt, "<text>"))];

        Assert.Equal(count, asked.Distinct().Count());
        Assert.All(asked, prompt => Assert.Contains("<text>", prompt, StringComparison.Ordinal));
        Assert.Equal(asked[0], prompts.For(1, 7, count, "<text>"));
        Assert.True(Enumerable.Range(0, 100).Select(number => prompts.For(1, number, 0, "")).Distinct().Count() > 1);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("Tell {biography}\nTell me more", "'Tell me more', which lacks {biography}")]
    public void A_file_of_prompts_without_a_place_for_the_text_is_refused(string content, string says)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "prompts.txt");
        File.WriteAllText(path, content);

        Assert.Contains(says, Assert.Throws<BadInputException>(() => RewritePrompts.FromFile(path)).Message, StringComparison.Ordinal);
    }
}
