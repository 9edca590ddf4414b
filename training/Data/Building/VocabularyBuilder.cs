using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data.Building;

/// <summary>Trains a vocabulary on the cleaned text of inputs.</summary>
public static class VocabularyBuilder
{
    /// <summary>Trains what a request asks for and writes it.</summary>
    /// <returns>The vocabulary, and how much text it was trained on.</returns>
    /// <exception cref="BadInputException">The request cannot be met as it is.</exception>
    public static (Tokenizer Tokenizer, long Lines, long Bytes) Build(
        VocabTrainRequest request, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(progress);
        request.Validate();
        if (File.Exists(request.Out) && !request.Overwrite)
        {
            throw new BadInputException($"out: the file '{request.Out}' is there already; name another, or replace it with --overwrite.");
        }

        if (Directory.Exists(request.Out))
        {
            throw new BadInputException($"out: '{request.Out}' is a folder; name a file, for example {Path.Combine(request.Out, "spiece.model")}.");
        }

        var files = InputFiles.Find(request.Inputs);
        var work = Directory.CreateTempSubdirectory("orchestrator-vocabulary-").FullName;
        try
        {
            var options = new CleaningOptions
            {
                SkippedRules = CleaningRules.Parse([.. request.SkipRules, CleaningRules.Name(CleaningRule.NearDuplicate)]),
                Threads = request.Threads ?? Environment.ProcessorCount,
            };
            using var text = CleanedText.Make(files, work, options, progress, cancellationToken);
            progress(new BuildProgress("vocabulary", 0, 1, "vocabularies"));
            var lines = text.Pages().SelectMany(page => page.Lines);
            var model = VocabularyTrainer.Train(
                TextSample.Draw(lines, text.Counts.LinesKept, text.Counts.BytesKept, request.Training, cancellationToken), request.Training);
            progress(new BuildProgress("vocabulary", 1, 1, "vocabularies"));
            if (Path.GetDirectoryName(Path.GetFullPath(request.Out)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            File.WriteAllBytes(request.Out + ".tmp", model);
            File.Move(request.Out + ".tmp", request.Out, overwrite: true);
            return (Tokenizer.Load(model, request.Out), text.Counts.LinesKept, text.Counts.BytesKept);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
