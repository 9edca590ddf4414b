namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>corpus-inspect</c>: shows what a corpus holds.</summary>
/// <remarks>
/// Its events: <c>corpus</c> {corpus, fingerprint, pieces, train, validation, unigram_entropy, bigram_entropy, rows as in corpus-build's report};
/// <c>document</c> {split, number, tokens, text} for each document shown; <c>progress</c> (stage verify, bytes);
/// <c>verified</c> {files, bytes}, or <c>damaged</c> {file, fault} for each damaged file and then exit code 1; <c>finished</c> {}.
/// </remarks>
public sealed record CorpusInspectRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "corpus-inspect";

    /// <summary>The corpus folder.</summary>
    public string Corpus { get; init; } = "";

    /// <summary>How many documents are shown, drawn by the seed.</summary>
    public int Documents { get; init; } = 3;

    /// <summary>Seed of the drawing.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Draws from the documents held out instead of those trained on.</summary>
    public bool Validation { get; init; }

    /// <summary>At most so many characters of a document are shown; the rest is an ellipsis. 0: all.</summary>
    public int MaxCharacters { get; init; } = 600;

    /// <summary>Reads every byte and compares its digest.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Corpus))
        {
            throw new BadInputException("corpus: no folder was named; name a corpus folder.");
        }

        if (Documents < 0)
        {
            throw new BadInputException($"documents: it was {Documents}; choose 0 or more.");
        }

        if (MaxCharacters < 0)
        {
            throw new BadInputException($"max_characters: it was {MaxCharacters}; choose 0 or more.");
        }
    }
}
