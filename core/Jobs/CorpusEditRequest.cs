namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>corpus-edit</c>: makes corpora of corpora, without their text.</summary>
/// <remarks>Its events: <c>progress</c> (stage copy, bytes or tokens); <c>made</c> {out, fingerprint, train, validation} for each folder made.</remarks>
public sealed record CorpusEditRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "corpus-edit";

    /// <summary>What is done.</summary>
    public CorpusEdit Edit { get; init; }

    /// <summary>The corpora it is done with.</summary>
    public IReadOnlyList<string> Corpora { get; init; } = [];

    /// <summary>Of a mixture, the corpora's weights, above 0.</summary>
    public IReadOnlyList<double> Weights { get; init; } = [];

    /// <summary>The folder that is made; of a split, the folder in which <c>part-0</c> and so on are.</summary>
    public string Out { get; init; } = "";

    /// <summary>Of a split, how many parts.</summary>
    public int Parts { get; init; } = 2;

    /// <summary>Of a push or an attachment, the store: s3://BUCKET/PREFIX, or a folder.</summary>
    public string Url { get; init; } = "";

    /// <summary>Of another S3 service than AWS, its address.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The bucket's region.</summary>
    public string? Region { get; init; }

    /// <summary>Of an attachment, how much a process keeps on its disk, megabytes.</summary>
    public int CacheMegabytes { get; init; } = 4096;

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is out of its range.</exception>
    public void Validate()
    {
        if (Edit is CorpusEdit.Push or CorpusEdit.Attach)
        {
            ValidateStore();
            return;
        }

        var least = Edit == CorpusEdit.Merge ? 2 : 1;
        if (Corpora.Count < least || (Edit == CorpusEdit.Split && Corpora.Count > 1))
        {
            throw new BadInputException($"corpora: {Corpora.Count} were named; name {(Edit == CorpusEdit.Split ? "one" : $"at least {least}")}.");
        }

        if (string.IsNullOrWhiteSpace(Out))
        {
            throw new BadInputException("out: no folder was named; name one with --out.");
        }

        if (Edit == CorpusEdit.Mix && Weights.Count != Corpora.Count)
        {
            throw new BadInputException($"weights: there are {Weights.Count} for {Corpora.Count} corpora; name each as CORPUS=WEIGHT.");
        }

        if (Parts < 2)
        {
            throw new BadInputException($"parts: it was {Parts}; choose at least 2.");
        }
    }

    private void ValidateStore()
    {
        if (string.IsNullOrWhiteSpace(Url))
        {
            throw new BadInputException("url: no store was named; name s3://BUCKET/PREFIX or a folder.");
        }

        if (Endpoint is not null && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
        {
            throw new BadInputException($"endpoint: '{Endpoint}' is no address; write http://HOST:PORT or https://HOST with --endpoint.");
        }

        if (CacheMegabytes < 1)
        {
            throw new BadInputException($"cache_megabytes: it was {CacheMegabytes}; choose at least 1.");
        }

        if (Edit == CorpusEdit.Push ? Corpora.Count != 1 : string.IsNullOrWhiteSpace(Out))
        {
            throw new BadInputException(Edit == CorpusEdit.Push ? $"corpora: {Corpora.Count} were named; name one." : "out: no folder was named; name one with --out.");
        }
    }
}

/// <summary>What can be made of corpora.</summary>
public enum CorpusEdit
{
    /// <summary>One corpus of all their documents, one corpus's behind the other's.</summary>
    Merge,

    /// <summary>Several corpora of about as many tokens each.</summary>
    Split,

    /// <summary>A mixture drawn from by weight; nothing is copied.</summary>
    Mix,

    /// <summary>The corpus in a store.</summary>
    Push,

    /// <summary>A folder whose tokens stay in a store.</summary>
    Attach,
}
