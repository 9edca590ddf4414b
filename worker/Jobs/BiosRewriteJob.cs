using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Knowledge.Bios.Rewriting;
using Orchestrator.Training.Data.Building;
using Orchestrator.Worker.Rewriting;

namespace Orchestrator.Worker.Jobs;

/// <summary>Has biographies told in other words, and keeps those that tell as much.</summary>
internal sealed class BiosRewriteJob(TimeProvider clock, TimeSpan firstPause) : IJob
{
    /// <inheritdoc/>
    public string Name => BiosRewriteRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<BiosRewriteRequest>(request);
        asked.Validate();
        if (Path.GetFullPath(asked.Out) == Path.GetFullPath(asked.Data))
        {
            throw new BadInputException($"out: {asked.Out} is the folder that is rewritten; name another.");
        }

        var begin = clock.GetTimestamp();
        var biographies = BioReader.Biographies(asked.Data, BioReader.People(asked.Data)).ToArray();
        var prompts = asked.Prompts is { } file ? RewritePrompts.FromFile(file) : RewritePrompts.Standard;
        using var rewriter = Rewriter(asked);
        using var outcomes = new RewriteFile(asked.Out, NameOf(asked, rewriter, prompts));
        if (outcomes.Results.Count > 0)
        {
            events.Write("resumed", new { Biographies = outcomes.Results.Count });
        }

        RewriteAsync(asked, biographies, prompts, rewriter, outcomes, events, cancellationToken).GetAwaiter().GetResult();
        outcomes.Finish();
        var kept = outcomes.Results.Where(outcome => outcome.Text is not null).ToArray();
        if (kept.Length == 0)
        {
            throw new BadInputException($"model: none of {biographies.Length} biographies was told whole in {asked.Attempts} attempts; name a model that follows the prompts, or other --prompts.");
        }

        string[] others = [BioFiles.People, BioFiles.TrainQuestions, BioFiles.TestQuestions, BioFiles.Population, BioFiles.Vocabulary];
        foreach (var name in others.Where(name => File.Exists(Path.Combine(asked.Data, name))))
        {
            File.Copy(Path.Combine(asked.Data, name), Path.Combine(asked.Out, name), overwrite: true);
        }

        BioDataset.WriteBiographies(asked.Out, kept.Select(outcome => RewriteCheck.Of(biographies[outcome.Number], outcome.Text!).Kept!), cancellationToken);
        events.Write("finished", new
        {
            asked.Out,
            Biographies = biographies.Length,
            Kept = kept.Length,
            LeftOut = biographies.Length - kept.Length,
            Lost = outcomes.Results.Where(outcome => outcome.Lost is not null).GroupBy(outcome => outcome.Lost!).OrderBy(group => group.Key, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Count()),
            Attempts = outcomes.Results.Sum(outcome => outcome.Attempts),
            Seconds = clock.GetElapsedTime(begin).TotalSeconds,
        });
        return 0;
    }

    // Attempt by attempt: whatever was not told whole is told again.
    private async Task RewriteAsync(
        BiosRewriteRequest asked, Biography[] biographies, RewritePrompts prompts, IRewriter rewriter, RewriteFile outcomes, JobEvents events, CancellationToken cancellationToken)
    {
        var progress = new ProgressThrottle(events, clock);
        var done = (long)outcomes.Results.Count;
        var waiting = Enumerable.Range(0, biographies.Length).Select(number => (long)number).Where(number => !outcomes.Has(number)).ToList();
        for (var attempt = 0; attempt < asked.Attempts && waiting.Count > 0; attempt++)
        {
            var again = new List<long>();
            var asking = waiting.Select(number => new RewritePrompt(number, attempt, prompts.For(asked.Seed, number, attempt, biographies[number].Text))).ToArray();
            await foreach (var (prompt, text) in rewriter.RewriteAsync(asking, cancellationToken))
            {
                var (kept, lost) = RewriteCheck.Of(biographies[prompt.Number], text);
                if (kept is null && attempt + 1 < asked.Attempts)
                {
                    again.Add(prompt.Number);
                    continue;
                }

                outcomes.Add(new RewriteOutcome(prompt.Number, attempt + 1, kept?.Text, lost));
                progress.Report(new BuildProgress("rewrite", ++done, biographies.Length, "biographies"));
            }

            waiting = [.. again.Order()];
        }
    }

    private IRewriter Rewriter(BiosRewriteRequest asked)
    {
        if (asked.Checkpoint is { } checkpoint)
        {
            return new CheckpointRewriter(checkpoint, asked.Generation);
        }

        var key = asked.KeyVariable is { } variable
            ? Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                ? value
                : throw new BadInputException($"key_env: the environment variable {variable} is not set; put the endpoint's key there.")
            : null;
        return new ChatRewriter(asked, key, clock, firstPause);
    }

    // Everything that a text depends on but its number.
    private static string NameOf(BiosRewriteRequest asked, IRewriter rewriter, RewritePrompts prompts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(Path.Combine(asked.Data, BioFiles.Biographies)));
        hash.AppendData(Encoding.UTF8.GetBytes($"\n{rewriter.Identity}\n{asked.Seed}\n{asked.Attempts}\n{string.Join('\n', prompts.Templates)}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
