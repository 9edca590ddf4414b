namespace Orchestrator.Training.Data.Remote;

/// <summary>A store of tokens does not give what is needed, or gives it again.</summary>
/// <param name="Url">The store.</param>
/// <param name="Reason">Why it is waited for, a sentence's part; null: it is waited for no more.</param>
public sealed record StoreNews(string Url, string? Reason)
{
    /// <summary>The news as a sentence.</summary>
    public string Text => Reason is null
        ? $"The store {Url} answers again; the run goes on."
        : $"The store {Url} does not give what is needed ({Reason}); the run waits and asks again.";
}
