using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Training.Data;

namespace Orchestrator.Training.Knowledge.Probing;

/// <summary>What one probe is to tell: an attribute's value, or its first token.</summary>
/// <param name="Attribute">Of which attribute.</param>
/// <param name="Whole">Whether the value; else its first token.</param>
/// <param name="Classes">Number of classes: values or tokens that anyone has.</param>
/// <param name="Labels">Each person's class.</param>
internal sealed record ProbeTask(BioAttribute Attribute, bool Whole, int Classes, IReadOnlyList<int> Labels)
{
    /// <summary>All tasks: the first tokens of the six attributes, and the values of those other than the birth date.</summary>
    /// <remarks>The birth date has more values (67,200) than a probe could tell apart; the paper leaves it out too.</remarks>
    public static IReadOnlyList<ProbeTask> Of(IReadOnlyList<BioPerson> people, Tokenizer tokenizer) =>
    [
        .. BioAttributes.All.Select(attribute => Create(attribute, whole: false, people, value => $"{tokenizer.Encode(value)[0]}")),
        .. BioAttributes.All.Where(attribute => attribute != BioAttribute.BirthDate).Select(attribute => Create(attribute, whole: true, people, value => value)),
    ];

    private static ProbeTask Create(BioAttribute attribute, bool whole, IReadOnlyList<BioPerson> people, Func<string, string> classOf)
    {
        var classes = new Dictionary<string, int>(StringComparer.Ordinal);
        var labels = new int[people.Count];
        foreach (var person in people)
        {
            var name = classOf(person[attribute]);
            classes.TryAdd(name, classes.Count);
            labels[person.Index] = classes[name];
        }

        return new ProbeTask(attribute, whole, classes.Count, labels);
    }
}
