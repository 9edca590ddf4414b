namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>What a biography tells of a person, in the order of an unpermuted one (Allen-Zhu and Li 2023, arXiv:2309.14316, section 2.1).</summary>
public enum BioAttribute
{
    /// <summary>Day of birth.</summary>
    BirthDate,

    /// <summary>City of birth.</summary>
    BirthCity,

    /// <summary>University.</summary>
    University,

    /// <summary>Field of study.</summary>
    Major,

    /// <summary>Employer.</summary>
    Employer,

    /// <summary>City of the employer: a function of it.</summary>
    CompanyCity,
}

/// <summary>The attributes and their names in files and specs.</summary>
public static class BioAttributes
{
    /// <summary>All six, in order.</summary>
    public static IReadOnlyList<BioAttribute> All { get; } = Enum.GetValues<BioAttribute>();

    /// <summary>The name in files: <c>birth_date</c>.</summary>
    public static string Name(this BioAttribute attribute) => attribute switch
    {
        BioAttribute.BirthDate => "birth_date",
        BioAttribute.BirthCity => "birth_city",
        BioAttribute.University => "university",
        BioAttribute.Major => "major",
        BioAttribute.Employer => "employer",
        _ => "company_city",
    };
}
