namespace Orchestrator.Core.Data.Salience;

/// <summary>What a salient span names: the four kinds of CoNLL-2003 (Tjong Kim Sang and De Meulder 2003), and dates.</summary>
public enum SalientKind
{
    /// <summary>A person, without titles: Marie Curie.</summary>
    Person,

    /// <summary>A place: Warsaw, the Nile, Baker Street.</summary>
    Place,

    /// <summary>An organisation: a firm, a party, a club, an office of state.</summary>
    Organisation,

    /// <summary>Any other name: a work, an event, a people or language, a product.</summary>
    Miscellaneous,

    /// <summary>A day, month, year, decade or century.</summary>
    Date,
}
