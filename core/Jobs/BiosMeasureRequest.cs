namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>bios-measure</c>: what models know of a population, and what of it they can tell.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stages memory, extraction); <c>finished</c>, which is <see cref="Knowledge.Bios.BioMeasures"/> with {seconds} beside.
/// </remarks>
public sealed record BiosMeasureRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "bios-measure";

    /// <summary>The population's folder, from <c>study bios generate</c>.</summary>
    public string Bios { get; init; } = "";

    /// <summary>The checkpoint that read the biographies: its memory and capacity are measured. Null: neither is.</summary>
    public string? Pretrained { get; init; }

    /// <summary>The checkpoint that learned to answer: extraction is measured. Null: it is not.</summary>
    public string? Finetuned { get; init; }

    /// <summary>Sequences at once.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>At most so many people of those trained on and so many of those held out; null: everyone.</summary>
    public int? Limit { get; init; }

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Bios), "bios: no folder was named; name one of 'orchestrator study bios generate'.");
        Require(Pretrained is not null || Finetuned is not null, "pretrained: no checkpoint was named; name one with --pretrained, --finetuned or both.");
        Require(Batch is >= 1 and <= 65536, $"batch: it was {Batch}; choose from 1 to 65536.");
        Require(Limit is null or >= 1, $"limit: it was {Limit}; choose at least 1.");
    }

    private static void Require(bool condition, string sentence)
    {
        if (!condition)
        {
            throw new BadInputException(sentence);
        }
    }
}
