namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>corpus-build</c>: text goes in, a corpus folder comes out.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stages clean, deduplicate, vocabulary, tokenise, baselines); <c>skipped</c> {out} where the folder
/// already holds this very corpus; <c>report</c> {rows: [{rule, unit, dropped, why}], pages_in, pages_kept, lines_in, lines_kept,
/// bytes_in, bytes_kept}; <c>finished</c> {out, fingerprint, pieces, train, validation, unigram_entropy, bigram_entropy}.
/// </remarks>
public sealed record CorpusBuildRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "corpus-build";

    /// <summary>Folders and files of text: .html, .htm, .txt, .md, .json(.gz), .jsonl(.gz), .warc(.gz), .wet(.gz). At least one.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The corpus folder.</summary>
    public string Out { get; init; } = "";

    /// <summary>A spiece.model to use; null: one is trained on the text.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>How the vocabulary is trained, where it is.</summary>
    public VocabularyOptions Training { get; init; } = new();

    /// <summary>One document in so many is held out for validation; null: 25, or 1000 (as C4) from 100,000 documents on.</summary>
    public int? ValidationOneIn { get; init; }

    /// <summary>Cleaning rules that are not applied, by the names in the report, for example <c>duplicate_line</c>.</summary>
    public IReadOnlyList<string> SkipRules { get; init; } = [];

    /// <summary>A file of words, one a line; a page with one of them is dropped. Null: no such rule.</summary>
    public string? BlockList { get; init; }

    /// <summary>Tokens of a shard, about: a shard ends with the document that reaches it.</summary>
    public long ShardTokens { get; init; } = 100_000_000;

    /// <summary>Working threads; null: one per processor. The corpus's bytes do not depend on it.</summary>
    public int? Threads { get; init; }

    /// <summary>Memory for finding duplicate lines, megabytes; more lines than fit are handled through files.</summary>
    public int MemoryMegabytes { get; init; } = 256;

    /// <summary>Stops at the first damaged record instead of skipping and counting it.</summary>
    public bool Strict { get; init; }

    /// <summary>Replaces another corpus in the folder.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Checks every field that can be checked without reading the inputs.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (Inputs.Count == 0)
        {
            throw new BadInputException("input: no text was named; name a folder or file with --input.");
        }

        if (string.IsNullOrWhiteSpace(Out))
        {
            throw new BadInputException("out: no folder was named for the corpus; name one with --out.");
        }

        if (ValidationOneIn is < 2)
        {
            throw new BadInputException($"validation_one_in: it was {ValidationOneIn}; choose at least 2, for example 25.");
        }

        if (ShardTokens < 1000)
        {
            throw new BadInputException($"shard_tokens: it was {ShardTokens}; choose at least 1000.");
        }

        if (Threads is < 1)
        {
            throw new BadInputException($"threads: it was {Threads}; choose at least 1.");
        }

        if (MemoryMegabytes < 1)
        {
            throw new BadInputException($"memory_megabytes: it was {MemoryMegabytes}; choose at least 1.");
        }

        if (Vocabulary is null)
        {
            Training.Validate();
        }
    }
}
