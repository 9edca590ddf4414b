using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class MainTextTests
{
    [Fact]
    public void A_page_of_very_many_elements_side_by_side_is_read_in_one_pass()
    {
        // Were each looked for among its siblings, this would take longer than anyone waits.
        var text = MainText.Of($"<body><p>All of it:</p><p>{string.Concat(Enumerable.Repeat("<b>a</b><i>b</i>", 300_000))}</p></body>");
        Assert.Equal(11 + 600_000, text.Length);
    }

    [Fact]
    public void Blocks_become_lines_and_white_space_collapses() =>
        Assert.Equal(
            "Title\nOne two three.\nFour five.\nsix\nItem one\nItem two\nTerm\nIts meaning.",
            MainText.Of("""
                <html><body><h1>Title</h1><div><p>One  <b>two</b>
                three.</p>Four five.<br>six<ul><li>Item one</li><li> Item two </li></ul><dl><dt>Term<dd>Its meaning.</dl></div></body></html>
                """));

    [Theory]
    [InlineData("<nav>Home Next</nav>")]
    [InlineData("<header>Site title</header>")]
    [InlineData("<footer>Copyright</footer>")]
    [InlineData("<aside>See also</aside>")]
    [InlineData("<script>var x = 1;</script>")]
    [InlineData("<style>p { }</style>")]
    [InlineData("<pre>int x;</pre>")]
    [InlineData("<table><tr><td>1</td><td>2</td></tr></table>")]
    [InlineData("<form><input value=a>Search</form>")]
    [InlineData("<div role=navigation>Up</div>")]
    [InlineData("<div class='wide navheader'>Prev Up Next</div>")]
    [InlineData("<div class=toc>1. One 2. Two</div>")]
    [InlineData("<p hidden>Not seen</p>")]
    [InlineData("<div id=sidebar>Links</div>")]
    [InlineData("<!-- a comment -->")]
    public void What_is_not_running_text_is_left_out(string html) =>
        Assert.Equal("Before.\nAfter.", MainText.Of($"<body><p>Before.</p>{html}<p>After.</p></body>"));

    [Fact]
    public void The_main_element_is_the_page_where_there_is_one() =>
        Assert.Equal("Inside.", MainText.Of("<body><p>Outside.</p><main><p>Inside.</p></main></body>"));

    [Fact]
    public void The_header_of_an_article_and_inline_code_are_text() =>
        Assert.Equal("Title\nUse ls here.", MainText.Of("<body><article><header>Title</header><p>Use <code>ls</code> here.</p></article></body>"));

    [Fact]
    public void A_table_with_headings_is_a_layout() =>
        Assert.Equal("Head\nText.", MainText.Of("<body><table><tr><td><h2>Head</h2><p>Text.</p></td></tr></table></body>"));

    [Fact]
    public void Entities_are_characters() => Assert.Equal("a < b & “c” é", MainText.Of("<p>a &lt; b &amp; &ldquo;c&rdquo; &eacute;"));

    [Fact]
    public void Pages_may_nest_deep()
    {
        var html = string.Concat(Enumerable.Repeat("<div>", 2000)) + "Deep inside." + string.Concat(Enumerable.Repeat("</div>", 2000));
        Assert.Equal("Deep inside.", MainText.Of(html));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html></html>")]
    [InlineData("<frameset><frame src=a></frameset>")]
    public void A_page_without_text_gives_none(string html) => Assert.Equal("", MainText.Of(html));
}
