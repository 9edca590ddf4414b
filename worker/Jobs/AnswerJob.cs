using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Training.Knowledge;

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
        string[] questions = [.. asked.Questions, .. asked.Input is { } file ? Lines(file) : []];
        var begin = clock.GetTimestamp();
        using var loaded = LoadedModel.Open(asked.Checkpoint);
        var number = 0;
        foreach (var answer in new TextGenerator(loaded.Generator, loaded.Tokenizer).Generate(questions, asked.Generation, cancellationToken))
        {
            events.Write("answer", new { Number = number, Question = questions[number], Answer = answer.Text, answer.Tokens, answer.LogProbability });
            number++;
        }

        events.Write("finished", new { Checkpoint = loaded.Folder, loaded.Step, Seconds = clock.GetElapsedTime(begin).TotalSeconds });
        return 0;
    }

    private static string[] Lines(string file)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"input: {file} cannot be read: {error.Message.TrimEnd('.')}; name a file of questions, one a line.", error);
        }

        var empty = Array.FindIndex(lines, string.IsNullOrWhiteSpace);
        return empty < 0 ? lines : throw new BadInputException($"{file}:{empty + 1} is empty; write a question on every line.");
    }
}
