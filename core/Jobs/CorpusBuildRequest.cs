namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>corpus-build</c>: text goes in, a corpus folder comes out.</summary>
/// <remarks>
/// Its events: <c>progress</c> (stages clean, deduplicate, vocabulary, tokenise, baselines); <c>skipped</c> {out} where the folder
/// already holds this very corpus; <c>report</c> {rows: [{rule, unit, dropped, why, applied, pages_in, pages_out, lines_in, lines_out, words_in,
/// words_out, tokens_in, tokens_out, examples}], pages_in, pages_kept, lines_in, lines_kept, words_in, words_kept, bytes_in, bytes_kept, tokens};
/// <c>finished</c> {out, fingerprint, pieces, train, validation, unigram_entropy, bigram_entropy}. With <see cref="CleanOnly"/> the last is
/// <c>cleaned</c> {out, files, pages}, with <see cref="Part"/> it is <c>part</c> {out, part, parts, pages}.
/// </remarks>
public sealed record CorpusBuildRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "corpus-build";

    /// <summary>The share of a page that must be English where nothing else is asked for.</summary>
    public const double DefaultEnglishShare = 0.95;

    /// <summary>Tokens of a shard where nothing else is asked for.</summary>
    public const long DefaultShardTokens = 100_000_000;

    /// <summary>Folders and files of text: .html, .htm, .txt, .md, .json(.gz), .jsonl(.gz), .warc(.gz), .wet(.gz). At least one.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The corpus folder.</summary>
    public string Out { get; init; } = "";

    /// <summary>A spiece.model to use; null: one is trained on the text.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>How the vocabulary is trained, where it is.</summary>
    public VocabularyOptions Training { get; init; } = new();

    /// <summary>One document in so many is held out for validation; 0: none is, and what is trained on is measured; null: 25, or 1000 (as C4) from 100,000 documents on.</summary>
    public int? ValidationOneIn { get; init; }

    /// <summary>Cleaning rules that are not applied, by the names in the report, for example <c>duplicate_line</c>.</summary>
    public IReadOnlyList<string> SkipRules { get; init; } = [];

    /// <summary>A file of words, one a line; a page with one of them is dropped. Null: no such rule.</summary>
    public string? BlockList { get; init; }

    /// <summary>Share of a page's text that must be English, by CLD2, in [0, 1].</summary>
    public double EnglishShare { get; init; } = DefaultEnglishShare;

    /// <summary>Drops pages much like an earlier one, too.</summary>
    public bool NearDuplicates { get; init; }

    /// <summary>Examples kept of what each rule dropped.</summary>
    public int Examples { get; init; }

    /// <summary>Writes the cleaned text as C4's json.gz instead of a corpus of tokens.</summary>
    public bool CleanOnly { get; init; }

    /// <summary>Cleans only this part of the inputs, from 0, into <see cref="Out"/>; null: all of them.</summary>
    public int? Part { get; init; }

    /// <summary>How many parts the inputs are cleaned in.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Joins the parts that were cleaned in <see cref="Out"/>; inputs and options are those of the parts.</summary>
    public bool MergeParts { get; init; }

    /// <summary>Tokens of a shard, about: a shard ends with the document that reaches it.</summary>
    public long ShardTokens { get; init; } = DefaultShardTokens;

    /// <summary>Working threads; null: one per processor. The corpus's bytes do not depend on it.</summary>
    public int? Threads { get; init; }

    /// <summary>Memory for finding duplicate lines, megabytes; more lines than fit are handled through files.</summary>
    public int MemoryMegabytes { get; init; } = 128;

    /// <summary>Stops at the first damaged record instead of skipping and counting it.</summary>
    public bool Strict { get; init; }

    /// <summary>Replaces another corpus in the folder.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Checks every field that can be checked without reading the inputs.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (Inputs.Count == 0 && !MergeParts)
        {
            throw new BadInputException("input: no text was named; name a folder or file with --input.");
        }

        if (string.IsNullOrWhiteSpace(Out))
        {
            throw new BadInputException("out: no folder was named for the corpus; name one with --out.");
        }

        if (ValidationOneIn is < 0 or 1)
        {
            throw new BadInputException($"validation_one_in: it was {ValidationOneIn}; choose at least 2, for example 25, or 0 to hold out nothing.");
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
            throw new BadInputException($"memory: it was {MemoryMegabytes}; choose at least 1 megabyte.");
        }

        if (!(EnglishShare is >= 0 and <= 1))
        {
            throw new BadInputException($"english_share: it was {EnglishShare}; choose a number from 0 to 1, for example {DefaultEnglishShare}.");
        }

        if (Examples < 0)
        {
            throw new BadInputException($"examples: it was {Examples}; choose 0 or more.");
        }

        if (Parts < 1 || Part < 0 || Part >= Parts)
        {
            throw new BadInputException($"part: it was {Part}/{Parts}; choose I/N with I from 0 to N - 1, for example 0/8.");
        }

        if (Vocabulary is null)
        {
            Training.Validate("vocabulary_sample");
        }
    }
}
