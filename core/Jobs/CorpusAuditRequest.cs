namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>corpus-audit</c>: holds a run's corpus against its manifest, and tells at which steps passages and documents were seen.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stages verify, bytes; search, documents); <c>damaged</c> {file, fault, first_step, first_byte, last_byte, first_document,
/// last_document} for each file that was changed (first_step: the first that consumed a sample of what was changed; null: none did; bytes: the first block that was
/// changed, where the corpus has digests of its blocks; documents: the training documents with tokens in it) or <c>verified</c> {files, bytes}; <c>place</c> {place, which, split, document, tokens} for each place at
/// which a passage stands, numbered from 0; <c>seen</c> {place, step, epoch, sample, microbatch, row, tokens} for each sample with some of its tokens, by step;
/// <c>finished</c> {places, documents, seen, first_step, last_step}. Damage does not change the exit code.
/// </remarks>
public sealed record CorpusAuditRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "corpus-audit";

    /// <summary>The run's ledger; it is taken as it is.</summary>
    public string Ledger { get; init; } = "";

    /// <summary>The run's spec, YAML, its paths absolute.</summary>
    public string Spec { get; init; } = "";

    /// <summary>Reads every byte of the corpus and compares its digest.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Passages to look for.</summary>
    public IReadOnlyList<string> Which { get; init; } = [];

    /// <summary>Texts that must stand in a document too for its passages to count.</summary>
    public IReadOnlyList<string> With { get; init; } = [];

    /// <summary>Whether passages and those texts begin and end with whole words.</summary>
    public bool WholeWords { get; init; }

    /// <summary>Training documents to look for, by their numbers.</summary>
    public IReadOnlyList<long> Documents { get; init; } = [];

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing or out of range.</exception>
    public void Validate()
    {
        if (Which.Any(string.IsNullOrWhiteSpace))
        {
            throw new BadInputException("--which: a passage was empty; name some words of the text that you look for.");
        }

        if (With.Any(string.IsNullOrWhiteSpace))
        {
            throw new BadInputException("--with: a text was empty; name what the documents must hold too.");
        }

        if (With.Count > 0 && Which.Count == 0)
        {
            throw new BadInputException("--with: it says which documents count for a passage, and there is none; name one with --which.");
        }

        if (Documents.Any(number => number < 0))
        {
            throw new BadInputException($"--document: it was {Documents.First(number => number < 0)}; documents are numbered from 0, as 'orchestrator corpus inspect' shows them.");
        }
    }
}
