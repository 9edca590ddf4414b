using System.Text.RegularExpressions;
using Orchestrator.Core.Evaluation;
using YamlDotNet.Core;

namespace Orchestrator.Core.Specs;

/// <summary>Reads a run spec from YAML and finds everything that is wrong with it at once.</summary>
public static partial class SpecReader
{
    private const string VocabularyFileName = "spiece.model";

    /// <summary>Reads and validates a spec.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="fileName">The name to put before each error.</param>
    /// <param name="folder">Where relative paths start; null leaves them as they are.</param>
    public static SpecResult Read(string text, string fileName, string? folder = null)
    {
        SpecNode? root;
        try
        {
            root = SpecDocument.Read(text);
        }
        catch (YamlException e)
        {
            return Failed(fileName, (int)e.Start.Line, (int)e.Start.Column, $"is not valid YAML: {e.Message}");
        }

        if (root is not MappingNode mapping)
        {
            return Failed(fileName, root?.Line ?? 0, root?.Column ?? 0, root is null or ScalarNode { IsNull: true }
                ? "is empty; a spec names at least data.corpus"
                : "must be a mapping with keys such as name, model, data");
        }

        var binder = new SpecBinder(fileName, folder);
        var spec = new RunSpec();
        binder.Bind(spec, mapping, "");
        spec = spec with { Model = StartWeights.Bind(spec.Model, folder is not null, binder) };
        spec = ObjectiveRules.WithDefault(spec with { Data = TaskRules.WithDatasets(spec.Data, binder), Evaluation = KnowledgeRules.WithDataset(spec.Evaluation, binder) }, binder);
        if (spec.Data is { Tasks.Count: > 0, Vocabulary.Length: 0 } && (spec.Data.Corpus is { Length: > 0 } corpus ? corpus : spec.Model.StartFrom) is { Length: > 0 } source)
        {
            spec = spec with { Data = spec.Data with { Vocabulary = Path.Combine(source, VocabularyFileName) } };
        }

        Check(spec, binder);
        return binder.Errors.Count > 0 ? new SpecResult(null, binder.Errors) : new SpecResult(spec, []);
    }

    /// <summary>Reads and validates a spec file; relative paths start at the file's folder.</summary>
    public static SpecResult ReadFile(string path)
    {
        try
        {
            return Read(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failed(path, 0, 0, "does not exist; name a run spec, for example one of examples/");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(path, 0, 0, $"cannot be read: {e.Message}");
        }
    }

    private static void Check(RunSpec spec, SpecBinder binder)
    {
        if (!Name().IsMatch(spec.Name))
        {
            binder.Add("name", $"must be 1 to 64 letters, digits, '.', '_' or '-', was \"{spec.Name}\"");
        }

        if (spec.Data.Tasks.Count > 0)
        {
            TaskRules.Check(spec.Data, binder);
        }
        else
        {
            binder.Rule(spec.Data.CorpusRate is null, "is the rate of a corpus beside data.tasks, and there are none; leave it out", "data.corpus_rate");
            binder.Rule(spec.Data.Corpus.Length > 0, "is missing; name the folder of a built corpus (see: orchestrator corpus build)", "data.corpus", "data");
        }

        if (!spec.Evaluation.IsLoss && !TextMetrics.Names.Contains(spec.Evaluation.Metric))
        {
            binder.Add("evaluation.metric", $"must be one of loss, {string.Join(", ", TextMetrics.Names)}, was {spec.Evaluation.Metric}");
        }

        binder.Rule(
            spec.Data.Tasks.Count == 0 || spec.Model.Family == ModelFamily.T5 || spec.Data.InputLength + spec.Data.TargetLength <= spec.Model.MaxLength,
            $"and data.target_length together must be at most model.max_length, {spec.Model.MaxLength}, were {spec.Data.InputLength + spec.Data.TargetLength}",
            "data.input_length", "data.target_length");
        binder.Rule(
            spec.Model.Lora is null || spec.Model.StartFrom is { Length: > 0 },
            "needs model.start_from, the checkpoint whose weights it adapts",
            "model.lora");
        binder.Rule(
            spec.Evaluation.IsLoss || spec.Data.Tasks.Count > 0,
            $"{spec.Evaluation.Metric} needs data.tasks, whose held-out examples are answered; a corpus has the loss alone",
            "evaluation.metric");
        binder.Rule(
            spec.Evaluation.Patience == 0 || spec.Evaluation.Every > 0,
            "needs evaluation.every, after how many steps to measure",
            "evaluation.patience");
        binder.Rule(
            spec.Workers.Min <= spec.Workers.Max,
            $"must be at most workers.max, {spec.Workers.Max}, was {spec.Workers.Min}",
            "workers.min", "workers.max");
        binder.Rule(
            spec.Workers.Max <= spec.Batch.Microbatches,
            $"must be at most batch.microbatches, {spec.Batch.Microbatches}, was {spec.Workers.Max}; a worker needs a microbatch of its own",
            "workers.max", "batch.microbatches");
        KnowledgeRules.Check(spec, binder);
        ModelRules.Check(spec, binder);
        ObjectiveRules.Check(spec, binder);
        OptimizerRules.Check(spec, binder);
        binder.Rule(
            (long)spec.Batch.Microbatches * spec.Batch.Microbatch <= 16_777_216,
            $"x batch.microbatch must be at most 16777216 samples a step, was {(long)spec.Batch.Microbatches * spec.Batch.Microbatch}",
            "batch.microbatches", "batch.microbatch");
    }

    private static SpecResult Failed(string file, int line, int column, string problem) => new(null, [new SpecError(file, line, column, "", problem)]);

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Name();
}
