using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.Training.Data.Building;

/// <summary>A page that passed the rules that look at one page alone.</summary>
/// <param name="Key">Its URL or place.</param>
/// <param name="Lines">Its lines.</param>
internal sealed record CleanPage(string Key, IReadOnlyList<CleanLine> Lines);

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

    private readonly bool[] _applies = [.. CleaningRules.All.Select(rule => !skipped.Contains(rule))];

    private readonly Regex? _blocked = blockList.Count == 0 ? null : new Regex(
        $@"(?<!\w)(?:{string.Join('|', blockList.Order(StringComparer.Ordinal).Select(Regex.Escape))})(?!\w)",
        RegexOptions.CultureInvariant | RegexOptions.Compiled | RegexOptions.ExplicitCapture);

    /// <summary>Cleans a page's text.</summary>
    /// <param name="key">The page's name.</param>
    /// <param name="text">Its text, a block a line.</param>
    /// <param name="counts">What happened is added here.</param>
    /// <returns>The page, or null where a rule dropped it.</returns>
    public CleanPage? Clean(string key, string text, CleaningCounts counts)
    {
        counts.PagesIn++;
        if (Applies(CleaningRule.TooLongPage) && text.Length > MaxPageCharacters)
        {
            counts.Drop(CleaningRule.TooLongPage);
            return null;
        }

        var lines = new List<CleanLine>();
        var sentences = 0;
        foreach (var range in new LineSplitter(text))
        {
            var line = text.AsSpan(range).Trim();
            counts.LinesIn++;
            counts.BytesIn += Encoding.UTF8.GetByteCount(line) + 1;
            if (Applies(CleaningRule.LongWord) && HasLongWord(line))
            {
                counts.Drop(CleaningRule.LongWord);
                continue;
            }

            if (Applies(CleaningRule.Citation) && line.Contains('['))
            {
                var marks = Citation().Count(line);
                if (marks > 0)
                {
                    counts.Drop(CleaningRule.Citation, marks);
                    line = Citation().Replace(line.ToString(), "");
                }
            }

            if (Applies(CleaningRule.NoEndMark) && !HasEndMark(line))
            {
                counts.Drop(CleaningRule.NoEndMark);
                continue;
            }

            if (Applies(CleaningRule.TooFewWords) ? !HasWords(line, MinWords) : line.IsEmpty)
            {
                counts.Drop(CleaningRule.TooFewWords);
                continue;
            }

            var lower = line.ToString().ToLowerInvariant();
            if (Applies(CleaningRule.LoremIpsum) && lower.Contains("lorem ipsum", StringComparison.Ordinal))
            {
                counts.Drop(CleaningRule.LoremIpsum);
                return null;
            }

            if (Applies(CleaningRule.Javascript) && lower.Contains("javascript", StringComparison.Ordinal))
            {
                counts.Drop(CleaningRule.Javascript);
                continue;
            }

            if (Applies(CleaningRule.Brace) && line.Contains('{'))
            {
                counts.Drop(CleaningRule.Brace);
                return null;
            }

            if (Applies(CleaningRule.Policy) && MentionsPolicy(lower))
            {
                counts.Drop(CleaningRule.Policy);
                continue;
            }

            if (_blocked is not null && Applies(CleaningRule.BlockList) && _blocked.IsMatch(lower))
            {
                counts.Drop(CleaningRule.BlockList);
                return null;
            }

            var count = Sentences.Count(line);
            sentences += count;
            var kept = line.Trim();
            lines.Add(new CleanLine(kept.ToString(), count, DigestOf(kept.Length == lower.Length ? lower : kept.ToString().ToLowerInvariant())));
        }

        if (lines.Count == 0 || (Applies(CleaningRule.TooFewSentences) && sentences < MinSentences))
        {
            counts.Drop(CleaningRule.TooFewSentences);
            return null;
        }

        return new CleanPage(key, lines);
    }

    private static UInt128 DigestOf(string lower)
    {
        var size = Encoding.UTF8.GetMaxByteCount(lower.Length);
        var bytes = size <= 2048 ? stackalloc byte[2048] : new byte[size];
        Span<byte> digest = stackalloc byte[16];
#pragma warning disable CA5351 // MD5 tells lines apart, as in C4; nothing secret hangs on it.
        MD5.HashData(bytes[..Encoding.UTF8.GetBytes(lower, bytes)], digest);
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

    [GeneratedRegex(@"\[\d*\]|\[edit\]|\[citation needed\]", RegexOptions.CultureInvariant)]
    private static partial Regex Citation();
}
