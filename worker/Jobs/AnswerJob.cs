using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data;
using Orchestrator.Training.Knowledge;
using Orchestrator.Training.Model;

namespace Orchestrator.Worker.Jobs;

/// <summary>Lets a checkpoint's model generate text.</summary>
internal sealed class AnswerJob(TimeProvider clock) : IJob
{
    /// <inheritdoc/>
    public string Name => AnswerRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<AnswerRequest>(request);
        asked.Validate();
        var begin = clock.GetTimestamp();
        using var checkpoint = CheckpointCatalog.Open(asked.Checkpoint, specDigest: null, Console.Error.WriteLine);
        using var model = new T5Model(HuggingFaceConfig.Read(Path.Combine(checkpoint.Folder, HuggingFaceFiles.ConfigFileName)));
        checkpoint.CopyModel(model.Parameters.WeightViews);
        using var tokenizer = Tokenizer.Load(Path.Combine(checkpoint.Folder, HuggingFaceFiles.VocabularyFileName));
        if (tokenizer.VocabularySize > model.Shape.Vocabulary)
        {
            throw new BadInputException(
                $"The vocabulary of '{checkpoint.Folder}' has {tokenizer.VocabularySize} tokens and the model {model.Shape.Vocabulary}; they do not belong together.");
        }

        var number = 0;
        foreach (var answer in new TextGenerator(model, tokenizer).Generate(asked.Questions, asked.MaxTokens, cancellationToken))
        {
            events.Write("answer", new { Number = number, Question = asked.Questions[number], Answer = answer.Text, answer.Tokens });
            number++;
        }

        events.Write("finished", new { Checkpoint = checkpoint.Folder, checkpoint.Manifest.Step, Seconds = clock.GetElapsedTime(begin).TotalSeconds });
        return 0;
    }
}
