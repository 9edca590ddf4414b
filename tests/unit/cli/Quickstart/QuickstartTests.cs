using Orchestrator.Cli.Local;
using Orchestrator.Cli.Quickstart;
using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Cli.Quickstart;

public sealed class QuickstartTests
{
    private static readonly QuickstartFolder s_asked = new() { Text = "/text", Steps = 100, Seed = 3 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Its_spec_is_valid_and_has_one_digest_for_every_number_of_workers(int workers)
    {
        var spec = QuickstartSpec.Of(s_asked, "/corpus", workers);
        var read = SpecReader.Read(SpecWriter.Write(spec), "run.yaml");

        Assert.Empty(read.Errors);
        Assert.Equal(spec, read.Spec);
        Assert.Equal(SpecDigest.Of(QuickstartSpec.Of(s_asked, "/corpus", 1), null), SpecDigest.Of(spec, null));
    }

    [Fact]
    public void Text_is_taken_from_the_first_package_that_is_installed()
    {
        var second = TextSources.Known[1].Folder;

        Assert.Equal(second, TextSources.Choose(null, path => path == second));
    }

    [Fact]
    public void Without_any_text_the_error_names_the_package_to_install()
    {
        var error = Assert.Throws<BadInputException>(() => TextSources.Choose(null, _ => false));

        Assert.Contains("'apt-get install postgresql-doc-15'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_gone_on_with_as_it_was_begun_but_may_be_asked_for_more_steps()
    {
        using var temporary = new TemporaryFolder();
        var folder = RunFolder.At(temporary.Path);
        QuickstartFolder.TakeUp(folder, (null, null, null), () => s_asked);

        var again = QuickstartFolder.TakeUp(folder, (null, 200, null), () => throw new InvalidOperationException("it is not new"));

        Assert.Equal(s_asked with { Steps = 200 }, again);
    }

    [Fact]
    public void A_folder_begun_with_another_seed_or_text_is_refused()
    {
        using var temporary = new TemporaryFolder();
        var folder = RunFolder.At(temporary.Path);
        QuickstartFolder.TakeUp(folder, (null, null, null), () => s_asked);

        var seed = Assert.Throws<BadInputException>(() => QuickstartFolder.TakeUp(folder, (null, null, 4), () => s_asked));
        var text = Assert.Throws<BadInputException>(() => QuickstartFolder.TakeUp(folder, ("/other", null, null), () => s_asked));

        Assert.StartsWith("--seed:", seed.Message, StringComparison.Ordinal);
        Assert.StartsWith("--text:", text.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sentence_is_masked_in_two_places_and_the_truth_kept()
    {
        var cloze = Cloze.Mask("The server reads the file once and then keeps its values in shared memory.");

        Assert.Equal("The server reads <extra_id_0> file once and then keeps <extra_id_1> in shared memory.", cloze.Masked);
        Assert.Equal(["the", "its values"], cloze.Truth);
    }

    [Fact]
    public void Only_whole_sentences_of_words_are_taken()
    {
        var text = "See x = y; z. The server reads the file once and then keeps its values in shared memory. short one.\nno capital here at all in this line of ten words.";

        Assert.Equal(["The server reads the file once and then keeps its values in shared memory."], Cloze.Sentences(text));
    }

    [Fact]
    public void An_answer_is_cut_at_its_sentinels_and_a_missing_span_is_empty()
    {
        Assert.Equal(["the", ""], Cloze.Spans("<extra_id_0> the</s>", 2));
        Assert.Equal(["the", "a value"], Cloze.Spans("<extra_id_0> the <extra_id_1> a value <extra_id_2>", 2));
    }
}
