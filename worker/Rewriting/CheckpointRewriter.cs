using System.Runtime.CompilerServices;
using System.Text.Json;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Knowledge;
using Orchestrator.Worker.Jobs;

namespace Orchestrator.Worker.Rewriting;

/// <summary>A checkpoint's model as a rewriter. What it writes is a function of seed, number and attempt.</summary>
internal sealed class CheckpointRewriter : IRewriter
{
    private const int RowsAtOnce = 16;
    private const int MostAttempts = 1 << 10;

    private readonly LoadedModel _loaded;
    private readonly TextGenerator _generator;
    private readonly GenerationOptions _options;

    /// <summary>Opens the checkpoint.</summary>
    /// <exception cref="Core.BadInputException">It cannot be opened, or generates nothing.</exception>
    public CheckpointRewriter(string folder, GenerationOptions options)
    {
        _loaded = LoadedModel.Open(folder);
        _generator = new TextGenerator(_loaded.Generator, _loaded.Tokenizer);
        _options = options;
    }

    /// <inheritdoc/>
    public string Identity => $"{WeightsDigest.Text(WeightsDigest.Of(_loaded.Model.Parameters.WeightViews))} {_loaded.Tokenizer.Digest} {JsonSerializer.Serialize(_options, JobEvents.Json)}";

    /// <inheritdoc/>
    public async IAsyncEnumerable<(RewritePrompt Prompt, string Text)> RewriteAsync(
        IReadOnlyList<RewritePrompt> prompts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var rows in prompts.Chunk(RowsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var texts = await Task.Run(
                () => _generator.Generate([.. rows.Select(row => ((row.Number * MostAttempts) + row.Attempt, _generator.Encode(row.Prompt)))], _options), cancellationToken);
            foreach (var (row, text) in rows.Zip(texts))
            {
                yield return (row, text.Text);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _loaded.Dispose();
}
