namespace Orchestrator.Core.Specs;

/// <summary>The numbers a field may have.</summary>
/// <param name="low">The smallest.</param>
/// <param name="high">The largest; none where infinite.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AllowedRangeAttribute(double low, double high = double.PositiveInfinity) : Attribute
{
    /// <summary>The smallest.</summary>
    public double Low => low;

    /// <summary>The largest.</summary>
    public double High => high;

    /// <summary>Whether <see cref="Low"/> itself is outside.</summary>
    public bool AboveLow { get; init; }

    /// <summary>Whether <see cref="High"/> itself is outside.</summary>
    public bool BelowHigh { get; init; }

    /// <summary>Whether a value is allowed; NaN and infinities never are.</summary>
    public bool Contains(double value) =>
        double.IsFinite(value) && (AboveLow ? value > low : value >= low) && (BelowHigh ? value < high : value <= high);

    /// <summary>The rule in words, for example <c>from 1 to 65536</c>.</summary>
    public override string ToString()
    {
        if (double.IsPositiveInfinity(high))
        {
            return $"{(AboveLow ? "above" : "at least")} {low}";
        }

        return AboveLow || BelowHigh
            ? $"{(AboveLow ? "above" : "at least")} {low} and {(BelowHigh ? "below" : "at most")} {high}"
            : $"from {low} to {high}";
    }
}

/// <summary>A field that does not take part in a run's arithmetic: it may change when a run goes on, and the spec's digest leaves it out.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IncidentalAttribute : Attribute;

/// <summary>A field, or a section, that joined the spec after its digest was first written: while it has its default, the digest leaves it out, so that older runs keep theirs.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddedLaterAttribute : Attribute;

/// <summary>A text, or list of texts, that names a file or folder: a relative one starts at the spec's folder.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FilePathAttribute : Attribute;
