namespace Orchestrator.Core.Jobs;

/// <summary>How a vocabulary is trained.</summary>
public sealed record VocabularyOptions
{
    /// <summary>Pieces, pad, EOS and unknown among them and the 100 sentinels not; from 16 to 1,000,000.</summary>
    public int Pieces { get; init; } = 32_000;

    /// <summary>The segmentation model.</summary>
    public VocabularyKind Kind { get; init; } = VocabularyKind.Unigram;

    /// <summary>Share of the characters of the text that pieces cover, in (0, 1].</summary>
    public double CharacterCoverage { get; init; } = 0.9995;

    /// <summary>At most so many lines, drawn by the seed, are trained on.</summary>
    public int MaxSentences { get; init; } = 2_000_000;

    /// <summary>At most so many megabytes of lines, drawn by the seed, are trained on. SentencePiece takes about thirty times that of memory.</summary>
    public int TextMegabytes { get; init; } = 10;

    /// <summary>Seed of the drawing of lines.</summary>
    public uint Seed { get; init; } = 1;

    /// <summary>Checks every field.</summary>
    /// <param name="sample">What the command calls <see cref="TextMegabytes"/>.</param>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate(string sample = "sample")
    {
        if (Pieces is < 16 or > 1_000_000)
        {
            throw new BadInputException($"vocabulary size: {Pieces} pieces were asked for; choose from 16 to 1000000.");
        }

        if (!(CharacterCoverage is > 0 and <= 1))
        {
            throw new BadInputException($"character_coverage: it was {CharacterCoverage}; choose a number above 0 and at most 1.");
        }

        if (MaxSentences < 1)
        {
            throw new BadInputException($"max_sentences: it was {MaxSentences}; choose at least 1.");
        }

        if (TextMegabytes is < 1 or > 1024)
        {
            throw new BadInputException($"{sample}: it was {TextMegabytes}; choose from 1 to 1024 megabytes.");
        }
    }
}

/// <summary>SentencePiece's segmentation models.</summary>
public enum VocabularyKind
{
    /// <summary>Unigram language model (Kudo 2018), T5's.</summary>
    Unigram,

    /// <summary>Byte-pair encoding.</summary>
    Bpe,
}
