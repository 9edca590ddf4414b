using System.Text.Json;

namespace Orchestrator.Cli.Quickstart;

/// <summary>What a model that knows no context would lose on the validation text, nats a token.</summary>
/// <param name="UnigramEntropy">Knowing how often each token comes.</param>
/// <param name="BigramEntropy">Knowing the token before, by interpolated Kneser-Ney.</param>
internal sealed record Baselines(double UnigramEntropy, double BigramEntropy)
{
    /// <summary>The baselines of a corpus.</summary>
    public static Baselines Read(string corpus)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(corpus, Core.Data.CorpusManifest.BaselinesFileName)));
        return new Baselines(document.RootElement.GetProperty("unigram_entropy").GetDouble(), document.RootElement.GetProperty("bigram_entropy").GetDouble());
    }
}
