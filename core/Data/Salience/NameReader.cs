namespace Orchestrator.Core.Data.Salience;

/// <summary>Reads the names of one text; used once, by one thread.</summary>
/// <param name="text">The text.</param>
/// <param name="words">Its words.</param>
/// <param name="evidence">How the text, or the document around it, writes its words.</param>
internal sealed class NameReader(string text, List<TextWord> words, WordEvidence evidence)
{
    private const int LongestKnown = 6, LongestQuoted = 8;

    private readonly HashSet<string> _surnames = new(StringComparer.Ordinal);

    /// <summary>Reads the name that begins with a word.</summary>
    /// <param name="at">The word.</param>
    /// <param name="spans">Gets the name, or the names that the run of capitalised words has.</param>
    /// <returns>The word to go on with.</returns>
    public int Read(int at, List<SalientSpan> spans)
    {
        if (Quotation(at) is var close and > 0)
        {
            Add(at, close, SalientKind.Miscellaneous, spans);
            return close;
        }

        var first = at;
        if (!IsCapital(first) || (words[first].Opens && KnownLength(first) == 0 && Gazetteer.Openers.Has(Word(first))) || Word(first) is "The")
        {
            // "The Hague" is known as a whole.
            if (KnownLength(first) is var whole and > 1)
            {
                Add(first, first + whole, Kind(first, first + whole, titled: false), spans);
                return first + whole;
            }

            return at + 1;
        }

        var next = RunEnd(first);
        if (next == first + 1 && words[first].Opens && !evidence.IsName(Word(first)))
        {
            return next;
        }

        Split(first, next, spans);
        return next;
    }

    /// <summary>The spans, with single words that are surnames of persons named elsewhere in the text made persons.</summary>
    public IReadOnlyList<SalientSpan> Settle(List<SalientSpan> spans)
    {
        var surnames = _surnames.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var i = 0; i < spans.Count; i++)
        {
            if (spans[i].Kind is not (SalientKind.Person or SalientKind.Date) && surnames.Contains(text.AsSpan(spans[i].Start, spans[i].End - spans[i].Start)))
            {
                spans[i] = spans[i] with { Kind = SalientKind.Person };
            }
        }

        return spans;
    }

    private ReadOnlySpan<char> Word(int at) => words[at].Of(text);

    private ReadOnlySpan<char> Text(int first, int next) => text.AsSpan(words[first].Start, words[next - 1].End - words[first].Start);

    // A capital letter first, and no small part after a hyphen: French-speaking is no name.
    private bool IsCapital(int at)
    {
        var word = Word(at);
        return (char.IsUpper(word[0]) || Gazetteer.NameKind(word) is not null) && (word.Length > 1 || IsInitial(at))
            && (word.IndexOf('-') is not (> 0 and var hyphen) || !char.IsLower(word[hyphen + 1]) || Gazetteer.NameKind(word) is not null);
    }

    private bool IsInitial(int at) => Word(at) is [_, '.'] && at + 1 < words.Count && words[at + 1].Before == Gap.Space && char.IsUpper(Word(at + 1)[0]);

    // How many words the longest known name has that begins here; 0 for none.
    private int KnownLength(int at)
    {
        if (Gazetteer.Begins(Word(at)))
        {
            for (var length = Math.Min(LongestKnown, words.Count - at); length > 1; length--)
            {
                if (Gazetteer.NameKind(Text(at, at + length)) is not null)
                {
                    return length;
                }
            }
        }

        return Gazetteer.NameKind(Word(at)) is null ? 0 : 1;
    }

    private int RunEnd(int first)
    {
        var next = first + Math.Max(1, KnownLength(first));
        while (next < words.Count && Joined(first, next) is var after and > 0)
        {
            next = after;
        }

        return next;
    }

    // Where the run goes on to that has come to a word; 0 where it ends.
    private int Joined(int first, int next)
    {
        var word = Word(next);
        var before = words[next].Before;
        if (before == Gap.And)
        {
            return IsCapital(next) ? next + 1 : 0;
        }

        if (before == Gap.Comma)
        {
            return word is "Jr." or "Sr." or "Inc." or "Ltd." ? next + 1 : 0;
        }

        if (before != Gap.Space || (words[next - 1].End > 0 && text[words[next - 1].End - 1] == '.' && Gazetteer.Openers.Has(word)))
        {
            return 0;
        }

        if (IsCapital(next) || (word is [>= 'A' and <= 'Z'] and not "I" && IsModel(next)))
        {
            return DateFinder.End(text, words, next) > 0 ? 0 : next + 1;
        }

        if (char.IsAsciiDigit(word[0]))
        {
            return word.Length <= 3 && Gazetteer.NameKind(Text(first, next)) is not SalientKind.Place && IsModel(next) ? next + 1 : 0;
        }

        return next + 1 < words.Count ? OverParticles(first, next) : 0;
    }

    // A number or letter that closes a name is not followed by what it counts.
    private bool IsModel(int at) => at + 1 == words.Count || words[at + 1].Before != Gap.Space || Word(at + 1) is not [.., 's'] || Word(at + 1) is "was" or "is" or "has";

    private int OverParticles(int first, int next)
    {
        var after = next;
        switch (Word(next))
        {
            case "van" or "von" or "de" or "der" or "den" or "del" or "della" or "di" or "da" or "du" or "dos" or "la" or "le" or "bin" or "ibn" or "al" or "el" or "ter" or "zu":
                while (after < words.Count && words[after].Before == Gap.Space && char.IsLower(Word(after)[0]) && after - next < 3)
                {
                    after++;
                }

                break;
            case "of" when Gazetteer.HeadKind(Word(next - 1)) is not null:
                after += Word(next + 1) is "the" && next + 2 < words.Count ? 2 : 1;
                break;
            case "the" when Gazetteer.FirstNames.Has(Word(next - 1)):
                after++;
                break;
            case "and" or "for" when Gazetteer.HeadKind(Word(first)) is SalientKind.Organisation && next - first > 1:
                after++;
                break;
            default:
                return 0;
        }

        return after < words.Count && words[after].Before == Gap.Space && IsCapital(after) && DateFinder.End(text, words, after) == 0 ? after + 1 : 0;
    }

    // Where the quotation ends that is the name of a work: most of its words capitalised, the last among them, no sentence's end; 0 where it is none.
    private int Quotation(int at)
    {
        if (!words[at].Quoted || !char.IsUpper(Word(at)[0]))
        {
            return 0;
        }

        var capitals = 1;
        for (var next = at + 1; next - at <= LongestQuoted; next++)
        {
            var gap = text.AsSpan(words[next - 1].End, (next < words.Count ? words[next].Start : text.Length) - words[next - 1].End);
            if (gap.IndexOfAny('"', '”') is var quote and >= 0)
            {
                return gap[..quote] is "" or "," or "." && char.IsUpper(Word(next - 1)[0]) && capitals * 2 >= next - at ? next : 0;
            }

            if (next == words.Count || words[next].Opens)
            {
                return 0;
            }

            capitals += char.IsUpper(Word(next)[0]) ? 1 : 0;
        }

        return 0;
    }

    // The names of a run: titles part them, and a people's name before a person's.
    private void Split(int first, int next, List<SalientSpan> spans)
    {
        var titled = false;
        while (first < next)
        {
            if (IsTitle(first, next))
            {
                titled = true;
                first++;
                continue;
            }

            var end = first + 1;
            while (end < next && !IsTitleInside(end, next) && !(end == first + 1 && Gazetteer.Demonyms.Has(Word(first)) && Gazetteer.FirstNames.Has(Word(end))))
            {
                end++;
            }

            if (end - first > 1 || !Gazetteer.NoNames.Has(Word(first)))
            {
                Add(first, end, Kind(first, end, titled), spans);
            }

            (first, titled) = (end, false);
        }
    }

    private bool IsTitle(int at, int next) => IsTitleWord(at) && (at + 1 == next || Gazetteer.HeadKind(Word(next - 1)) is null) && KnownLength(at) < 2;

    private bool IsTitleInside(int at, int next) => at + 1 < next && IsTitleWord(at) && !Gazetteer.FirstNames.Has(Word(at - 1)) && Gazetteer.HeadKind(Word(next - 1)) is null;

    private bool IsTitleWord(int at) => Gazetteer.Titles.Has(Word(at).TrimEnd('.'));

    private void Add(int first, int next, SalientKind kind, List<SalientSpan> spans)
    {
        spans.Add(new SalientSpan(words[first].Start, words[next - 1].End, kind));
        if (kind == SalientKind.Person && next - first > 1)
        {
            _surnames.Add(Word(next - 1).ToString());
        }
    }

    private SalientKind Kind(int first, int next, bool titled)
    {
        if (Gazetteer.NameKind(Text(first, next)) is { } known)
        {
            return known;
        }

        var head = next - 1;
        for (var at = first + 1; at < next; at++)
        {
            if (Word(at) is "of")
            {
                head = at - 1;
                break;
            }
        }

        return (next - first > 1 ? Gazetteer.HeadKind(Word(head)) : null) ?? NameShapes.Kind(text, words, first, next, titled);
    }
}
