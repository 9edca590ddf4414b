using Orchestrator.Training.Data.Building;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Building;

public sealed class SentencesTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("One sentence.", 1)]
    [InlineData("One sentence. Another one! And a third?", 3)]
    [InlineData("He said \"Stop.\" Then he left.", 2)]
    [InlineData("Dr. Smith met Mr. Jones at 5 p.m. on Jan. 3.", 1)]
    [InlineData("J. R. R. Tolkien wrote it. So did I. We agree.", 3)]
    [InlineData("Version 1.5 of file a.txt is here.", 1)]
    [InlineData("See e.g. Section 3, i.e. the last one.", 1)]
    [InlineData("it ends. but goes on in lower case.", 1)]
    [InlineData("Wait... What is that?!", 2)]
    public void Sentences_are_counted_as_a_reader_would(string line, int count) => Assert.Equal(count, Sentences.Count(line));

    [Fact]
    public void A_text_is_cut_where_sentences_are_counted() => Assert.Equal(
        ["He said \"Stop.\"", "Then Dr. Smith left.", "A new line", "It is 1.5 m long!", "Yes."],
        Sentences.Split("He said \"Stop.\"  Then Dr. Smith left.\nA new line\n\n It is 1.5 m long! Yes."));
}
