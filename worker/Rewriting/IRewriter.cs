namespace Orchestrator.Worker.Rewriting;

/// <summary>What is asked of a language model.</summary>
/// <param name="Number">The text's number.</param>
/// <param name="Attempt">Which attempt at it, from 0.</param>
/// <param name="Prompt">What the model reads.</param>
internal sealed record RewritePrompt(long Number, int Attempt, string Prompt);

/// <summary>A language model that makes texts of prompts.</summary>
internal interface IRewriter : IDisposable
{
    /// <summary>Names the model and how it generates: another identity may give other texts.</summary>
    string Identity { get; }

    /// <summary>Answers prompts, in any order, as the answers come.</summary>
    IAsyncEnumerable<(RewritePrompt Prompt, string Text)> RewriteAsync(IReadOnlyList<RewritePrompt> prompts, CancellationToken cancellationToken);
}
