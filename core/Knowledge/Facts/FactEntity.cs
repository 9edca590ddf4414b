namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>What there is in a world of facts.</summary>
public enum FactKind
{
    /// <summary>A person: birth date and place, profession, employer.</summary>
    Person,

    /// <summary>A town: year of founding, river, first mayor.</summary>
    Place,

    /// <summary>A novel: author, year.</summary>
    Work,

    /// <summary>A company: founder, seat, year of founding.</summary>
    Organisation,
}

/// <summary>One fact of an entity.</summary>
/// <param name="Relation">What it tells: birth_date, river, author.</param>
/// <param name="Value">The answer, as articles tell it.</param>
public sealed record Fact(string Relation, string Value);

/// <summary>An entity and all that is known of it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Its number among its kind, from 0.</param>
/// <param name="Name">Its name; no other entity's.</param>
/// <param name="Later">What it is called after its first sentence: He, The town.</param>
/// <param name="Facts">Its facts, a relation each.</param>
/// <param name="Trained">Whether questions about it are trained on, rather than held out.</param>
public sealed record FactEntity(FactKind Kind, long Index, string Name, string Later, IReadOnlyList<Fact> Facts, bool Trained);
