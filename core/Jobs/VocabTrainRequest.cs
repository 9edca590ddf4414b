namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>vocab-train</c>: trains a SentencePiece vocabulary on text, cleaned by the same rules as a corpus.</summary>
/// <remarks>Its events: <c>progress</c> (stages clean, vocabulary); <c>finished</c> {out, pieces, sha256, lines, bytes}.</remarks>
public sealed record VocabTrainRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "vocab-train";

    /// <summary>Folders and files of text, as for a corpus. At least one.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The model's file, for example spiece.model.</summary>
    public string Out { get; init; } = "";

    /// <summary>Size, kind and seed.</summary>
    public VocabularyOptions Training { get; init; } = new();

    /// <summary>Cleaning rules that are not applied, by the names in a corpus's report.</summary>
    public IReadOnlyList<string> SkipRules { get; init; } = [];

    /// <summary>Working threads of the cleaning; null: one per processor. The model's bytes do not depend on it.</summary>
    public int? Threads { get; init; }

    /// <summary>Replaces a file that is there.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (Inputs.Count == 0)
        {
            throw new BadInputException("input: no text was named; name a folder or file with --input.");
        }

        if (string.IsNullOrWhiteSpace(Out))
        {
            throw new BadInputException("out: no file was named for the vocabulary; name one with --out, for example spiece.model.");
        }

        if (Threads is < 1)
        {
            throw new BadInputException($"threads: it was {Threads}; choose at least 1.");
        }

        Training.Validate("sample");
    }
}
