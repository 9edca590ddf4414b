namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>A question about a person, in the paper's words (Allen-Zhu and Li 2023, section 2.2).</summary>
/// <param name="Person">Of whom.</param>
/// <param name="Attribute">About what.</param>
public sealed record BioQuestion(BioPerson Person, BioAttribute Attribute)
{
    /// <summary>The question.</summary>
    public string Text => Attribute switch
    {
        BioAttribute.BirthDate => $"What is the birth date of {Person.Name}?",
        BioAttribute.BirthCity => $"What is the birth city of {Person.Name}?",
        BioAttribute.University => $"Which university did {Person.Name} study?",
        BioAttribute.Major => $"What major did {Person.Name} study?",
        BioAttribute.Employer => $"Which company did {Person.Name} work for?",
        _ => $"Where did {Person.Name} work?",
    };

    /// <summary>The answer.</summary>
    public string Answer => Person[Attribute];

    /// <summary>The questions about nobody: their words.</summary>
    internal static IEnumerable<string> Wordings => About(new BioPerson(0, "", "", [], Celebrity: false, Trained: false)).Select(question => question.Text);

    /// <summary>All questions about a person.</summary>
    public static IEnumerable<BioQuestion> About(BioPerson person) => BioAttributes.All.Select(attribute => new BioQuestion(person, attribute));
}
