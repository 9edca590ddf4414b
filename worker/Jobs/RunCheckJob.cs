using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Data;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Tasks;
using Orchestrator.Training.Knowledge;
using Orchestrator.Training.Model;

namespace Orchestrator.Worker.Jobs;

/// <summary>Checks of a run what a worker would find out when it starts.</summary>
internal sealed class RunCheckJob : IJob
{
    /// <inheritdoc/>
    public string Name => RunCheckRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<RunCheckRequest>(request);
        asked.Validate();
        var result = SpecReader.Read(asked.Spec, "run.yaml");
        var spec = result.Spec ?? throw new BadInputException(string.Join('\n', result.Errors));
        // The tasks' files are read through and every example is tokenised.
        using var tasks = spec.Data.Tasks.Count > 0 ? TrainingData.Open(spec) : null;
        var shape = ResolvedModel.From(spec.Model, tasks?.Tokenizer.VocabularySize ?? RunInput.Require(spec).Vocabulary);
        using var vocabulary = tasks is null && spec.Evaluation.Knowledge is not null ? Tokenizer.Load(Path.Combine(spec.Data.Corpus, CorpusManifest.VocabularyFileName)) : null;
        if ((tasks?.Tokenizer ?? vocabulary) is { } tokenizer)
        {
            _ = ProbeTokens.Of(spec, tokenizer);
        }

        _ = Adaptation.Of(spec.Model, shape);
        // A run that goes on no longer needs the folder.
        if (spec.Model.StartFrom is { Length: > 0 } start && File.Exists(Path.Combine(start, CheckpointManifest.FileName)))
        {
            RequireWeights(start, shape);
        }

        var count = asked.CountTokens && tasks is not null ? Count(spec, tasks) : null;
        events.Write("finished", new { Notes = tasks?.Notes ?? [], Examples = count?.Examples, Tokens = count?.Tokens });
        return 0;
    }

    private static (long Examples, long Tokens)? Count(RunSpec spec, TrainingData data)
    {
        using var tasks = TaskSet.Open(spec);
        return new TaskTokens(data.Tokenizer, spec.Data.InputLength, spec.Data.TargetLength).Count(tasks);
    }

    private static void RequireWeights(string folder, ResolvedModel shape)
    {
        if (AdapterConfig.Read(folder) is not null)
        {
            throw new BadInputException(
                $"model.start_from: {folder} holds low-rank updates of other weights; merge the two with: orchestrator checkpoint merge {folder} --out {folder}-merged");
        }

        try
        {
            using var start = new CheckpointReader(new CheckpointEntry(folder, CheckpointCatalog.ReadManifest(folder)));
            start.RequireModel(LanguageModels.ParametersOf(shape));
        }
        catch (Exception error) when (error is CheckpointException or InvalidDataException)
        {
            throw new BadInputException($"model.start_from: {error.Message}", error);
        }
    }
}
