using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>A page that passed the rules that look at one page alone.</summary>
/// <param name="Key">Its URL or place.</param>
/// <param name="Timestamp">When it was fetched, as its source says it; "" where it does not.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record CleanPage(string Key, string Timestamp, IReadOnlyList<CleanLine> Lines);

/// <summary>A line that passed.</summary>
/// <param name="Text">The line, stripped.</param>
/// <param name="Sentences">How many sentences it has.</param>
/// <param name="Digest">MD5 of the line in lower case: equal lines are duplicates.</param>
internal readonly record struct CleanLine(string Text, int Sentences, UInt128 Digest);

/// <summary>C4's rules for one page, in the order of the released code. Thread-safe.</summary>
/// <param name="skipped">Rules that are not applied.</param>
/// <param name="blockList">Words that drop a page, in lower case; empty: none.</param>
internal sealed partial class PageCleaner(IReadOnlySet<CleaningRule> skipped, IReadOnlyCollection<string> blockList)
{
    /// <summary>Fewer sentences than this drop a page.</summary>
    public const int MinSentences = 3;

    private const int MaxPageCharacters = 190_000;
    private const int MaxWordCharacters = 1_000;
    private const int MinWords = 5;

    private static readonly string[] s_policies =
        ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];

    private static readonly SearchValues<string> s_suspects = SearchValues.Create([.. s_policies, "lorem ipsum", "javascript"], StringComparison.OrdinalIgnoreCase);

    private readonly bool[] _applies = [.. CleaningRules.All.Select(rule => !skipped.Contains(rule))];

    // As released: a word counts where neither neighbour is a letter a to z, and there must be both.
    private readonly Regex? _blocked = blockList.Count == 0 ? null : new Regex(
        $@"[^a-z](?:{string.Join('|', blockList.Order(StringComparer.Ordinal).Select(Regex.Escape))})[^a-z]",
        RegexOptions.CultureInvariant | RegexOptions.Compiled | RegexOptions.ExplicitCapture);

    /// <summary>Cleans a page's text.</summary>
    /// <param name="page">The page; what matters of it is its key and timestamp.</param>
    /// <param name="text">Its text, a block a line.</param>
    /// <param name="counts">What happened is added here.</param>
    /// <param name="examples">What was dropped is shown here.</param>
    /// <returns>The page, or null where a rule dropped it.</returns>
    public CleanPage? Clean(RawPage page, string text, CleaningCounts counts, RuleExamples examples)
    {
        var words = new Tally(text, page.Key, counts, examples);
        if (Applies(CleaningRule.TooLongPage) && IsLongerThan(text, MaxPageCharacters))
        {
            return words.LosePage(CleaningRule.TooLongPage, text);
        }

        var lines = new List<CleanLine>();
        var sentences = 0;
        foreach (var range in new LineSplitter(text))
        {
            var line = text.AsSpan(range).Trim();
            var whole = line;
            if (Applies(CleaningRule.LongWord) && HasLongWord(line))
            {
                words.LoseLine(CleaningRule.LongWord, whole);
                continue;
            }

            if (Applies(CleaningRule.Citation) && line.Contains('['))
            {
                var marks = Citation().Count(line);
                if (marks > 0)
                {
                    line = Citation().Replace(line.ToString(), "");
                    words.Alter(CleaningRule.Citation, marks, whole, line);
                    whole = line;
                }
            }

            if (Applies(CleaningRule.NoEndMark) && !HasEndMark(line))
            {
                words.LoseLine(CleaningRule.NoEndMark, whole);
                continue;
            }

            if (Applies(CleaningRule.TooFewWords) && !HasWords(line, MinWords))
            {
                words.LoseLine(CleaningRule.TooFewWords, whole);
                continue;
            }

            if (line.IsWhiteSpace())
            {
                words.LoseLine(CleaningRule.EmptyLine, whole);
                continue;
            }

            // Hot: most lines are ASCII and say none of what the next rules look for.
            var isPlain = _blocked is null && Ascii.IsValid(line) && !line.ContainsAny(s_suspects);
            var lower = isPlain ? "" : line.ToString().ToLowerInvariant();
            if (Applies(CleaningRule.LoremIpsum) && lower.Contains("lorem ipsum", StringComparison.Ordinal))
            {
                return words.LosePage(CleaningRule.LoremIpsum, line);
            }

            if (Applies(CleaningRule.Javascript) && lower.Contains("javascript", StringComparison.Ordinal))
            {
                words.LoseLine(CleaningRule.Javascript, whole);
                continue;
            }

            if (Applies(CleaningRule.Brace) && line.Contains('{'))
            {
                return words.LosePage(CleaningRule.Brace, line);
            }

            if (Applies(CleaningRule.Policy) && MentionsPolicy(lower))
            {
                words.LoseLine(CleaningRule.Policy, whole);
                continue;
            }

            if (_blocked is not null && Applies(CleaningRule.BlockList) && _blocked.IsMatch(lower))
            {
                return words.LosePage(CleaningRule.BlockList, line);
            }

            var count = Sentences.Count(line);
            sentences += count;
            var kept = line.Trim();
            lines.Add(new CleanLine(kept.ToString(), count, isPlain ? DigestOfAscii(kept) : DigestOf(kept.ToString().ToLowerInvariant())));
        }

        if (Applies(CleaningRule.TooFewSentences) && sentences < MinSentences)
        {
            return words.LosePage(CleaningRule.TooFewSentences, text);
        }

        return lines.Count == 0 ? words.LosePage(CleaningRule.EmptyPage, text) : new CleanPage(page.Key, page.Timestamp, lines);
    }

    /// <summary>Characters as Unicode counts them: a surrogate pair is one.</summary>
    private static bool IsLongerThan(string text, int characters) =>
        text.Length > characters && text.Length - text.Count(char.IsLowSurrogate) > characters;

    private static UInt128 DigestOfAscii(ReadOnlySpan<char> line)
    {
        var bytes = line.Length <= 2048 ? stackalloc byte[2048] : new byte[line.Length];
        Ascii.ToLower(line, bytes, out var count);
        return DigestOf(bytes[..count]);
    }

    private static UInt128 DigestOf(string lower)
    {
        var size = Encoding.UTF8.GetMaxByteCount(lower.Length);
        var bytes = size <= 2048 ? stackalloc byte[2048] : new byte[size];
        return DigestOf(bytes[..Encoding.UTF8.GetBytes(lower, bytes)]);
    }

    private static UInt128 DigestOf(ReadOnlySpan<byte> lower)
    {
        Span<byte> digest = stackalloc byte[16];
#pragma warning disable CA5351 // MD5 tells lines apart, as in C4; nothing secret hangs on it.
        MD5.HashData(lower, digest);
#pragma warning restore CA5351
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static bool HasLongWord(ReadOnlySpan<char> line)
    {
        if (line.Length <= MaxWordCharacters)
        {
            return false;
        }

        var run = 0;
        foreach (var character in line)
        {
            run = char.IsWhiteSpace(character) ? 0 : run + 1;
            if (run > MaxWordCharacters)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasEndMark(ReadOnlySpan<char> line) =>
        !line.IsEmpty && line[^1] is '.' or '?' or '!' or '"' && !line.EndsWith("...", StringComparison.Ordinal);

    /// <summary>How many words a text has: what white space separates.</summary>
    internal static long Words(ReadOnlySpan<char> text)
    {
        // Hot: every character of the inputs passes here.
        var words = 0L;
        var inside = false;
        foreach (var character in text)
        {
            var isWord = character > ' ' && (character < '\u007F' || !char.IsWhiteSpace(character));
            words += isWord & !inside ? 1 : 0;
            inside = isWord;
        }

        return words;
    }

    private static bool HasWords(ReadOnlySpan<char> line, int least)
    {
        var words = 0;
        var inside = false;
        foreach (var character in line)
        {
            var space = char.IsWhiteSpace(character);
            if (!space && !inside && ++words == least)
            {
                return true;
            }

            inside = !space;
        }

        return false;
    }

    private static bool MentionsPolicy(string lower)
    {
        foreach (var policy in s_policies)
        {
            if (lower.Contains(policy, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private bool Applies(CleaningRule rule) => _applies[(int)rule];

    /// <summary>Charges what a page loses to the rules.</summary>
    private readonly ref struct Tally
    {
        private readonly string _key;
        private readonly CleaningCounts _counts;
        private readonly RuleExamples _examples;
        private readonly CleaningCounts _before;
        private readonly long _lines;
        private readonly long _words;

        public Tally(string text, string key, CleaningCounts counts, RuleExamples examples)
        {
            (_key, _counts, _examples) = (key, counts, examples);
            _before = counts with { DroppedLines = [.. counts.DroppedLines], DroppedWords = [.. counts.DroppedWords] };
            foreach (var range in new LineSplitter(text))
            {
                var line = text.AsSpan(range).Trim();
                _lines++;
                _words += Words(line);
                counts.BytesIn += Encoding.UTF8.GetByteCount(line) + 1;
            }

            counts.PagesIn++;
            counts.LinesIn += _lines;
            counts.WordsIn += _words;
        }

        public void LoseLine(CleaningRule rule, ReadOnlySpan<char> line)
        {
            _counts.Drop(rule, 1, 1, Words(line));
            _examples.Add(rule, _key, line);
        }

        /// <summary>Counts words that went from a line that stays.</summary>
        public void Alter(CleaningRule rule, int marks, ReadOnlySpan<char> from, ReadOnlySpan<char> to)
        {
            _counts.Drop(rule, marks, 0, Words(from) - Words(to));
            _examples.Add(rule, _key, from);
        }

        /// <summary>Charges a rule with all that is left of the page.</summary>
        public CleanPage? LosePage(CleaningRule rule, ReadOnlySpan<char> shown)
        {
            var (lines, words) = (_lines, _words);
            for (var i = 0; i < _counts.DroppedLines.Length; i++)
            {
                lines -= _counts.DroppedLines[i] - _before.DroppedLines[i];
                words -= _counts.DroppedWords[i] - _before.DroppedWords[i];
            }

            _counts.Drop(rule, 1, lines, words);
            _examples.Add(rule, _key, shown);
            return null;
        }
    }

    [GeneratedRegex(@"\[\d*\]|\[edit\]|\[citation needed\]", RegexOptions.CultureInvariant)]
    private static partial Regex Citation();
}
