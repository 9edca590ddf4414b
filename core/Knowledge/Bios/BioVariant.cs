using System.Text.RegularExpressions;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>How often, in which words and in which order a person is told of (Allen-Zhu and Li 2023, section 2.1 and appendix A).</summary>
/// <param name="Copies">Biographies of a person.</param>
/// <param name="Rewritten">Whether each has sentences of its own (multiM); else all have the same ones.</param>
/// <param name="Permuted">Whether each has an order of its own.</param>
/// <param name="FullName">Whether every sentence has the full name; else pronouns follow the first.</param>
public sealed partial record BioVariant(int Copies, bool Rewritten, bool Permuted, bool FullName)
{
    /// <summary>The paper's sixteen.</summary>
    public static IReadOnlyList<BioVariant> Published { get; } =
    [
        .. new[]
        {
            "single", "single+fullname", "permute1", "permute2", "permute5", "permute1+fullname", "permute2+fullname", "permute5+fullname",
            "multi2", "multi2+fullname", "multi2+permute", "multi2+permute+fullname", "multi5", "multi5+fullname", "multi5+permute", "multi5+permute+fullname",
        }.Select(Parse),
    ];

    /// <summary>What celebrities get: multi5+permute.</summary>
    public static BioVariant Celebrity { get; } = Parse("multi5+permute");

    /// <summary>Reads a name: <c>single</c>, <c>permuteP</c> or <c>multiM</c>, the last also with <c>+permute</c>, each also with <c>+fullname</c>.</summary>
    /// <exception cref="BadInputException">It is none of those.</exception>
    public static BioVariant Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var match = Form().Match(name);
        if (!match.Success)
        {
            throw new BadInputException(
                $"variant: '{name}' is unknown; it is single, permuteP or multiM (P, M from 1 to 99), with +permute after multiM if wanted, then +fullname if wanted: multi5+permute.");
        }

        var full = match.Groups["full"].Success;
        if (match.Groups["permute"].Success)
        {
            return new BioVariant(int.Parse(match.Groups["permute"].ValueSpan), Rewritten: false, Permuted: true, full);
        }

        return match.Groups["multi"].Success
            ? new BioVariant(int.Parse(match.Groups["multi"].ValueSpan), Rewritten: true, match.Groups["also"].Success, full)
            : new BioVariant(1, Rewritten: false, Permuted: false, full);
    }

    /// <summary>The name.</summary>
    public override string ToString()
    {
        var kind = (Rewritten, Permuted) switch
        {
            (true, true) => $"multi{Copies}+permute",
            (true, false) => $"multi{Copies}",
            (false, true) => $"permute{Copies}",
            _ => "single",
        };
        return FullName ? kind + "+fullname" : kind;
    }

    [GeneratedRegex(@"^(single|permute(?<permute>[1-9][0-9]?)|multi(?<multi>[1-9][0-9]?)(?<also>\+permute)?)(?<full>\+fullname)?$")]
    private static partial Regex Form();
}
