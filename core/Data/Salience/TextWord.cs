namespace Orchestrator.Core.Data.Salience;

/// <summary>What stands between a word and the one before it.</summary>
internal enum Gap
{
    /// <summary>White space on one line, nothing else.</summary>
    Space,

    /// <summary>A comma.</summary>
    Comma,

    /// <summary>An ampersand between spaces.</summary>
    And,

    /// <summary>Anything else, or the text's beginning.</summary>
    Other,
}

/// <summary>A word of a text.</summary>
/// <param name="Start">Its first UTF-16 place.</param>
/// <param name="End">The place after its last; a dot that marks an abbreviation or an initial belongs to it, a possessive 's does not.</param>
/// <param name="Before">What stands before it.</param>
/// <param name="Opens">Whether it may be capitalised for its place alone: at the beginning of a sentence, a line, a quotation.</param>
/// <param name="Quoted">Whether a double quotation mark opens right before it.</param>
internal readonly record struct TextWord(int Start, int End, Gap Before, bool Opens, bool Quoted)
{
    /// <summary>Its text.</summary>
    public ReadOnlySpan<char> Of(string text) => text.AsSpan(Start, End - Start);
}
