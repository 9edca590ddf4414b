namespace Orchestrator.Core.Data.Salience;

/// <summary>Finds the salient spans of plain English text: the names and dates that salient span masking hides (Guu et al. 2020, arXiv:2002.08909, section 3.4).</summary>
/// <remarks>
/// The published spans come from a tagger trained on CoNLL-2003 and a regular expression for dates. Here rules over words and short lists take its place:
/// <list type="bullet">
/// <item>a name is a run of capitalised words, or a known name; particles (van, de) join two of its words, "of" does after a head (University, Treaty);</item>
/// <item>a word that opens a sentence is a name alone only if a list knows it, or another place of the text capitalises it inside a sentence, or it is no common word by
/// list or ending and no place of the text writes it small; before a capitalised word it begins a name unless it is a function word;</item>
/// <item>a title (President, Sir) is no part of a name, nor is "the"; a quotation of capitalised words is the name of a work;</item>
/// <item>dates as <see cref="DateFinder"/> says; other numbers are no spans.</item>
/// </list>
/// A pure function of the text: thread-safe.
/// </remarks>
public static class SalientText
{
    /// <summary>The spans of a text, in its order; they do not overlap.</summary>
    /// <param name="text">A sentence, or a longer text: it tells more of which words are names.</param>
    public static IReadOnlyList<SalientSpan> Find(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = TextWords.Cut(text);
        return Find(text, words, WordEvidence.Of([(text, words)]));
    }

    /// <summary>The spans of each sentence of a document, which all tell of which words are names.</summary>
    /// <param name="sentences">The sentences.</param>
    public static IReadOnlyList<IReadOnlyList<SalientSpan>> FindEach(IReadOnlyList<string> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        (string Text, List<TextWord> Words)[] cut = [.. sentences.Select(sentence => (sentence, TextWords.Cut(sentence)))];
        var evidence = WordEvidence.Of(cut);
        return [.. cut.Select(sentence => Find(sentence.Text, sentence.Words, evidence))];
    }

    private static IReadOnlyList<SalientSpan> Find(string text, List<TextWord> words, WordEvidence evidence)
    {
        var names = new NameReader(text, words, evidence);
        var spans = new List<SalientSpan>();
        for (var at = 0; at < words.Count;)
        {
            var end = DateFinder.End(text, words, at);
            if (end == 0)
            {
                at = names.Read(at, spans);
                continue;
            }

            spans.Add(new SalientSpan(words[at].Start, end, SalientKind.Date));
            while (at < words.Count && words[at].Start < end)
            {
                at++;
            }
        }

        return names.Settle(spans);
    }
}
