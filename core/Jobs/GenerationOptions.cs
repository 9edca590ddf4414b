namespace Orchestrator.Core.Jobs;

/// <summary>How a model generates: greedily unless beams or a way of sampling are named.</summary>
public sealed record GenerationOptions
{
    /// <summary>A sequence ends after so many tokens at the latest, its end token included.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>Beams of a beam search; 1: none.</summary>
    public int Beams { get; init; } = 1;

    /// <summary>α of a beam search: a hypothesis counts its log-probability / length^α, its end token included in the length.</summary>
    public double LengthPenalty { get; init; } = 1.0;

    /// <summary>Whether a beam search ends as soon as it has as many hypotheses as beams, though a better one may still come.</summary>
    public bool EarlyStopping { get; init; }

    /// <summary>Samples from the so many likeliest tokens; null: from all.</summary>
    public int? TopK { get; init; }

    /// <summary>Samples from the fewest likeliest tokens whose probabilities reach this sum; null: from all.</summary>
    public double? TopP { get; init; }

    /// <summary>Logits are divided by this before sampling; null: 1.</summary>
    public double? Temperature { get; init; }

    /// <summary>What is sampled is a function of this, the row's key and the position.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Whether a sequence ends with the end token; if not, it has <see cref="MaxTokens"/>.</summary>
    public bool StopAtEnd { get; init; } = true;

    /// <summary>Whether tokens are sampled.</summary>
    public bool Samples => TopK is not null || TopP is not null || Temperature is not null;

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range, or two do not go together.</exception>
    public void Validate()
    {
        JobFields.Require(MaxTokens is >= 1 and <= 65536, $"max_length: it was {MaxTokens}; choose from 1 to 65536.");
        JobFields.Require(Beams is >= 1 and <= 1024, $"beams: it was {Beams}; choose from 1 to 1024.");
        JobFields.Require(double.IsFinite(LengthPenalty), $"length_penalty: it was {LengthPenalty}; choose a number, for example 1.");
        JobFields.Require(TopK is null or >= 1, $"top_k: it was {TopK}; choose at least 1.");
        JobFields.Require(TopP is null or (> 0.0 and <= 1.0), $"top_p: it was {TopP}; choose above 0 and at most 1.");
        JobFields.Require(Temperature is null || (Temperature > 0.0 && double.IsFinite(Temperature.Value)), $"temperature: it was {Temperature}; choose above 0, or leave it out to decode greedily.");
        JobFields.Require(!Samples || Beams == 1, "beams: a beam search does not sample; leave out either beams or top_k, top_p and temperature.");
    }
}
