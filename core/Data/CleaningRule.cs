namespace Orchestrator.Core.Data;

/// <summary>The rules of the cleaning, in the order of C4 as released (tensorflow_datasets text/c4.py, Raffel et al. 2019, section 2.2).</summary>
public enum CleaningRule
{
    /// <summary>A record or file that could not be read.</summary>
    Damaged,

    /// <summary>A page whose URL came before.</summary>
    DuplicateUrl,

    /// <summary>A page of more than 190,000 characters.</summary>
    TooLongPage,

    /// <summary>A line with a word of more than 1,000 characters.</summary>
    LongWord,

    /// <summary>Wikipedia's marks, such as [3] and [citation needed], are deleted from lines. Drops nothing.</summary>
    Citation,

    /// <summary>A line that does not end in . ? ! or ", or ends in an ellipsis.</summary>
    NoEndMark,

    /// <summary>A line of fewer than five words.</summary>
    TooFewWords,

    /// <summary>A page with "lorem ipsum".</summary>
    LoremIpsum,

    /// <summary>A line with "javascript".</summary>
    Javascript,

    /// <summary>A page with a curly bracket.</summary>
    Brace,

    /// <summary>A line about terms of use, privacy or cookies.</summary>
    Policy,

    /// <summary>A page with a word of the block list.</summary>
    BlockList,

    /// <summary>A page with fewer than three sentences.</summary>
    TooFewSentences,

    /// <summary>A line that is on another page too; the page whose URL has the smallest MD5 keeps it.</summary>
    DuplicateLine,

    /// <summary>A page that lost so many lines as duplicates that fewer than three sentences are left.</summary>
    TooFewSentencesLeft,

    /// <summary>A page that is not English, by CLD2 and a threshold (C4 asks langdetect).</summary>
    Language,

    /// <summary>A page much like one that came before. Not a rule of C4: applied on request.</summary>
    NearDuplicate,

    /// <summary>A line of nothing, where the rules that would take it are left out. Nobody keeps it.</summary>
    EmptyLine,

    /// <summary>A page of no lines, where the rules that would take it are left out. Nobody keeps it.</summary>
    EmptyPage,
}

/// <summary>What people call the rules.</summary>
public static class CleaningRules
{
    private static readonly (string Name, string Unit, string Why)[] s_texts =
    [
        ("damaged", "pages", "could not be read"),
        ("duplicate_url", "pages", "the URL came before"),
        ("too_long_page", "pages", "more than 190,000 characters"),
        ("long_word", "lines", "a word of more than 1,000 characters"),
        ("citation", "marks", "[3], [edit], [citation needed] deleted"),
        ("no_end_mark", "lines", "no . ? ! or \" at the end, or an ellipsis"),
        ("too_few_words", "lines", "fewer than 5 words"),
        ("lorem_ipsum", "pages", "\"lorem ipsum\""),
        ("javascript", "lines", "\"javascript\""),
        ("brace", "pages", "a curly bracket"),
        ("policy", "lines", "terms of use, privacy, cookies"),
        ("block_list", "pages", "a word of the block list"),
        ("too_few_sentences", "pages", "fewer than 3 sentences"),
        ("duplicate_line", "lines", "on another page too, which keeps it"),
        ("too_few_sentences_left", "pages", "fewer than 3 sentences without duplicates"),
        ("language", "pages", "not English"),
        ("near_duplicate", "pages", "much like a page that came before"),
        ("empty_line", "lines", "nothing in it"),
        ("empty_page", "pages", "no line left"),
    ];

    /// <summary>All rules, in order.</summary>
    public static IReadOnlyList<CleaningRule> All { get; } = Enum.GetValues<CleaningRule>();

    /// <summary>The rules that can be left out, in order.</summary>
    public static IReadOnlyList<CleaningRule> Optional { get; } = [.. All.Where(rule => rule is not (CleaningRule.Damaged or CleaningRule.EmptyLine or CleaningRule.EmptyPage))];

    /// <summary>The name in reports and options.</summary>
    public static string Name(CleaningRule rule) => s_texts[(int)rule].Name;

    /// <summary>What the rule drops: pages, lines or marks.</summary>
    public static string Unit(CleaningRule rule) => s_texts[(int)rule].Unit;

    /// <summary>Why it drops them, in a few words.</summary>
    public static string Why(CleaningRule rule) => s_texts[(int)rule].Why;

    /// <summary>The rules with these names.</summary>
    /// <exception cref="BadInputException">There is no such rule, or it cannot be left out.</exception>
    public static IReadOnlySet<CleaningRule> Parse(IReadOnlyList<string> names)
    {
        var rules = new SortedSet<CleaningRule>();
        foreach (var name in names)
        {
            var rule = (CleaningRule)Array.FindIndex(s_texts, text => text.Name == name);
            if (!Optional.Contains(rule))
            {
                throw new BadInputException(
                    $"skip_rules: there is no rule '{name}' to leave out; the rules are {string.Join(", ", Optional.Select(Name))}.");
            }

            rules.Add(rule);
        }

        return rules;
    }
}
