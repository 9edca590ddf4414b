namespace Orchestrator.Core.Jobs;

/// <summary>The job <c>bios-rewrite</c>: has biographies told in other words by a model, and keeps the texts that tell as much (bioR of arXiv:2309.14316).</summary>
/// <remarks>
/// Its events: <c>resumed</c> {biographies} where some were there; <c>progress</c> (stage rewrite, biographies); <c>finished</c> {out, biographies, kept,
/// left_out, lost, attempts, seconds}, lost being how many were left out for want of what.
/// </remarks>
public sealed record BiosRewriteRequest
{
    /// <summary>The job's name.</summary>
    public const string JobName = "bios-rewrite";

    /// <summary>A folder of people and biographies.</summary>
    public string Data { get; init; } = "";

    /// <summary>The folder of people and rewritten biographies; a rewriting that was cut short goes on in it.</summary>
    public string Out { get; init; } = "";

    /// <summary>A checkpoint's folder, a folder of them (then the newest), or a Hugging Face folder; null: an endpoint rewrites.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Base of an OpenAI-compatible interface, for example http://127.0.0.1:8000/v1; null: a checkpoint rewrites.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The model's name at the endpoint.</summary>
    public string? Model { get; init; }

    /// <summary>The environment variable that holds the endpoint's key; null: it wants none.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>A file of prompts, one a line, each with <c>{biography}</c>; null: the product's own.</summary>
    public string? Prompts { get; init; }

    /// <summary>Texts made of a biography at most, until one tells all.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Requests at once.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>A request without an answer for so long is made again, seconds.</summary>
    public double TimeoutSeconds { get; init; } = 120;

    /// <summary>A request that fails in passing is made again so often at most.</summary>
    public int Retries { get; init; } = 8;

    /// <summary>Logits are divided by this before sampling.</summary>
    public double Temperature { get; init; } = 1.0;

    /// <summary>Tokens of a text at most; null: 256, or what the endpoint chooses.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Of prompts and sampling.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>How a checkpoint generates.</summary>
    public GenerationOptions Generation => new() { MaxTokens = MaxTokens ?? 256, Temperature = Temperature, Seed = Seed };

    /// <summary>Checks every field.</summary>
    /// <exception cref="BadInputException">A field is missing or out of its range.</exception>
    public void Validate()
    {
        JobFields.Require(Data, "data", "name a folder that 'orchestrator study bios generate' wrote.");
        JobFields.Require(Out, "out", "name a folder for the rewritten biographies.");
        JobFields.Require((Checkpoint is null) != (Endpoint is null), "checkpoint: one of --checkpoint and --endpoint rewrites; name one of the two.");
        JobFields.Require(Endpoint is null || (Uri.TryCreate(Endpoint, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"), $"endpoint: it was '{Endpoint}'; give a URL such as http://127.0.0.1:8000/v1.");
        JobFields.Require((Endpoint is null) == string.IsNullOrWhiteSpace(Model), "model: it goes with --endpoint; name the model there with --model.");
        JobFields.Require(Endpoint is not null || KeyVariable is null, "key_env: a checkpoint needs no key; leave it out.");
        JobFields.Require(Attempts is >= 1 and <= 1000, $"attempts: it was {Attempts}; choose from 1 to 1000.");
        JobFields.Require(Concurrency is >= 1 and <= 1024, $"concurrency: it was {Concurrency}; choose from 1 to 1024.");
        JobFields.Require(TimeoutSeconds is >= 0.01 and <= 86400, $"timeout: it was {TimeoutSeconds}; choose from 0.01 to 86400 seconds.");
        JobFields.Require(Retries is >= 0 and <= 1000, $"retries: it was {Retries}; choose from 0 to 1000.");
        Generation.Validate();
    }
}
