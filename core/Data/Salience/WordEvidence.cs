namespace Orchestrator.Core.Data.Salience;

/// <summary>How a text writes its words elsewhere: what decides of a capitalised word that opens a sentence.</summary>
internal sealed class WordEvidence
{
    private static readonly string[] s_commonEndings = ["ing", "ly", "tion", "sion", "ment", "ness", "ity", "ism", "ists", "ers", "ors", "ies", "ous", "ful", "less", "able", "ible", "ence", "ance", "ship", "hood", "ed"];

    private readonly HashSet<string> _small = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _capital = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _smallWords;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _capitalWords;

    private WordEvidence() =>
        (_smallWords, _capitalWords) = (_small.GetAlternateLookup<ReadOnlySpan<char>>(), _capital.GetAlternateLookup<ReadOnlySpan<char>>());

    /// <summary>The evidence of texts that belong together.</summary>
    public static WordEvidence Of(ReadOnlySpan<(string Text, List<TextWord> Words)> texts)
    {
        var evidence = new WordEvidence();
        foreach (var (text, words) in texts)
        {
            evidence.Add(text, words);
        }

        return evidence;
    }

    /// <summary>Whether a capitalised word that opens a sentence is a name by itself.</summary>
    public bool IsName(ReadOnlySpan<char> word) => Gazetteer.NameKind(word) is not null
        || (!Gazetteer.Openers.Has(word)
            && (Gazetteer.FirstNames.Has(word) || _capitalWords.Contains(word)
                || (!Gazetteer.Common.Has(word) && !_smallWords.Contains(word) && !HasCommonEnding(word))));

    private void Add(string text, List<TextWord> words)
    {
        foreach (var word in words)
        {
            var letters = word.Of(text);
            if (char.IsLower(letters[0]))
            {
                _smallWords.Add(letters);
            }
            else if (!word.Opens && char.IsUpper(letters[0]))
            {
                _capitalWords.Add(letters);
            }
        }
    }

    private static bool HasCommonEnding(ReadOnlySpan<char> word)
    {
        foreach (var ending in s_commonEndings)
        {
            if (word.EndsWith(ending, StringComparison.Ordinal))
            {
                return true;
            }
        }

        // A plural of a common word.
        return word.Length > 3 && word[^1] == 's' && word[^2] != 's';
    }
}
