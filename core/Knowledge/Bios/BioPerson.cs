namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>A person.</summary>
/// <param name="Index">Their number, from 0.</param>
/// <param name="Name">First, middle and last name; nobody else's.</param>
/// <param name="Pronoun">He, She or They.</param>
/// <param name="Values">The six attributes, in the order of <see cref="BioAttribute"/>.</param>
/// <param name="Celebrity">Whether many biographies are told of them.</param>
/// <param name="Trained">Whether questions about them are trained on, rather than held out.</param>
public sealed record BioPerson(long Index, string Name, string Pronoun, IReadOnlyList<string> Values, bool Celebrity, bool Trained)
{
    /// <summary>An attribute's value.</summary>
    public string this[BioAttribute attribute] => Values[(int)attribute];
}
