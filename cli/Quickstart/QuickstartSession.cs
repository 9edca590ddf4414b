using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Jobs;
using Orchestrator.Cli.Local;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Quickstart;

/// <summary>The five stages of a quickstart. Each finds what an earlier start of it has done, and does the rest.</summary>
internal sealed class QuickstartSession(CommandContext context, RunFolder folder, bool json)
{
    private readonly QuickstartScript _script = new(context.Terminal, json);

    /// <summary>Runs all five.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(QuickstartFolder asked, int workers)
    {
        var corpus = Path.Combine(folder.Root, "corpus");
        await BuildCorpusAsync(asked, corpus);
        return await TrainAndShowAsync(QuickstartSpec.Of(asked, corpus, workers));
    }

    /// <summary>Runs the last two, training and showing.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TrainAndShowAsync(RunSpec spec)
    {
        _script.Stage(4, $"train {spec.Batch.Steps} steps on {spec.Workers.Max} worker{(spec.Workers.Max == 1 ? "" : "s")}");
        var outcome = await new LocalRun(context, folder, json).TrainAsync(spec);
        if (outcome.Run.State != RunState.Succeeded)
        {
            if (json)
            {
                _script.Finished(outcome.Run, null, folder);
            }

            return TrainCommand.ExitOf(context, folder, outcome);
        }

        _script.Stage(5, "show what it learnt");
        if (outcome.WasFinished)
        {
            _script.Say("This quickstart had already finished; here is its result again.");
        }

        var baselines = Baselines.Read(spec.Data.Corpus);
        _script.Result(outcome.Run, baselines);
        await FillInAsync(spec, outcome.Run.CheckpointPath);
        _script.Finished(outcome.Run, baselines, folder);
        return Hosting.ExitCodes.Done;
    }

    // Stages 1 to 3 are one job, which leaves a corpus that it built before as it is.
    private async Task BuildCorpusAsync(QuickstartFolder asked, string corpus)
    {
        var request = new CorpusBuildRequest
        {
            Inputs = [asked.Text],
            Out = corpus,
            Training = new VocabularyOptions { Pieces = QuickstartSpec.Pieces },
        };
        await using var stages = new CorpusStages(_script, asked.Text);
        await JobProcess.RunAsync(
            CorpusBuildRequest.JobName, request, Environment.ProcessorCount, folder.Log("corpus"), stages.Take, context.Interrupts.Soft);
    }

    private async Task FillInAsync(RunSpec spec, string checkpoint)
    {
        var texts = new List<string>();
        var inspect = new CorpusInspectRequest { Corpus = spec.Data.Corpus, Documents = 6, Seed = spec.Seed, Validation = true, MaxCharacters = 0, Verify = false };
        await JobProcess.RunAsync(CorpusInspectRequest.JobName, inspect, 1, folder.Log("show"), happened =>
        {
            if (happened.GetProperty("event").GetString() == "document")
            {
                texts.Add(happened.GetProperty("text").GetString()!);
            }
        }, context.Interrupts.Soft);

        var sentences = texts.SelectMany(text => Cloze.Sentences(text).Skip(1).Take(1)).Take(4).Select(Cloze.Mask).ToList();
        if (sentences.Count == 0)
        {
            return;
        }

        var ask = new AnswerRequest { Checkpoint = checkpoint, Questions = [.. sentences.Select(s => s.Masked)], Generation = new GenerationOptions { MaxTokens = 16 } };
        await JobProcess.RunAsync(AnswerRequest.JobName, ask, 1, folder.Log("show"), happened =>
        {
            if (happened.GetProperty("event").GetString() == "answer")
            {
                var sentence = sentences[happened.GetProperty("number").GetInt32()];
                _script.Filled(sentence, Cloze.Spans(happened.GetProperty("answer").GetString()!, sentence.Truth.Count));
            }
        }, context.Interrupts.Soft);
    }
}
