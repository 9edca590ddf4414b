namespace Orchestrator.Training.Data.Building;

/// <summary>A page as it came in, before its text is found.</summary>
/// <param name="Key">Its URL, or its place in the inputs; decides whether it is held out.</param>
/// <param name="Content">HTML as bytes, or null where the text is known.</param>
/// <param name="Charset">What its sender called the character set of <paramref name="Content"/>, or null.</param>
/// <param name="Text">The text, where no HTML is to be read.</param>
/// <param name="Timestamp">When it was fetched, as its source says it; "" where it does not.</param>
/// <param name="Damage">Where and how the record is broken; such a page has no text.</param>
internal sealed record RawPage(string Key, byte[]? Content, string? Charset, string? Text, string Timestamp, string? Damage)
{
    /// <summary>Bytes of a page that are read; more of them are damage. Far beyond any page (crawlers end at 1 to 5 MB), it bounds the memory.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>What is said of a record that has more.</summary>
    public const string TooLong = "it has more than 8 MB";

    /// <summary>About how many bytes of memory it takes.</summary>
    public long Size => (Content?.Length ?? 0) + (2L * (Text?.Length ?? 0));

    /// <summary>A page of HTML.</summary>
    /// <exception cref="InvalidDataException">It is of a shape that is not parsed, see <see cref="HtmlShape"/>.</exception>
    public static RawPage Html(string key, byte[] content, string? charset = null, string timestamp = "")
    {
        HtmlShape.Require(content);
        return new(key, content, charset, null, timestamp, null);
    }

    /// <summary>A page of text.</summary>
    public static RawPage Plain(string key, string text, string timestamp = "") => new(key, null, null, text, timestamp, null);

    /// <summary>A record that could not be read.</summary>
    public static RawPage Damaged(string key, string damage) => new(key, null, null, null, "", damage);
}
