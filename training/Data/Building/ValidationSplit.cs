namespace Orchestrator.Training.Data.Building;

/// <summary>Which documents are held out: those whose URL's MD5 is divisible by N, as in C4 (of other documents, their key's). Thread-safe.</summary>
internal sealed class ValidationSplit
{
    private readonly UInt128 _oneIn;
    private readonly UInt128? _only;

    private ValidationSplit(int oneIn, UInt128? only)
    {
        _oneIn = (UInt128)oneIn;
        _only = only;
    }

    /// <summary>The split of a corpus. Where N is 0 nothing is held out; where the rule would hold out no document, or every one, the one with the smallest MD5 is held out.</summary>
    /// <param name="keys">The documents' keys.</param>
    /// <param name="documents">How many there are.</param>
    /// <param name="oneIn">N; 0: nothing; null: 25, or 1000 from 100,000 documents on.</param>
    public static ValidationSplit Of(IEnumerable<string> keys, long documents, int? oneIn)
    {
        if (oneIn == 0)
        {
            return new ValidationSplit(0, only: null);
        }

        var split = new ValidationSplit(oneIn ?? (documents >= 100_000 ? 1000 : 25), only: null);
        var (heldOut, smallest) = (0L, UInt128.MaxValue);
        foreach (var digest in keys.Select(PageUrl.Digest))
        {
            heldOut += digest % split._oneIn == UInt128.Zero ? 1 : 0;
            smallest = UInt128.Min(smallest, digest);
        }

        return heldOut > 0 && heldOut < documents ? split : new ValidationSplit((int)split._oneIn, smallest);
    }

    /// <summary>Whether a document is held out.</summary>
    public bool IsHeldOut(string key) => _only is { } only
        ? PageUrl.Digest(key) == only
        : _oneIn != UInt128.Zero && PageUrl.Digest(key) % _oneIn == UInt128.Zero;
}
