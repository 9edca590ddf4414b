using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Data;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>A published model of closed-book question answering, made again: a chain of stages.</summary>
/// <param name="Cell">The chain.</param>
public sealed record CbqaPlan(CbqaCell Cell) : StudyPlan($"{Cell.Arm}-{Cell.Model}")
{
    /// <inheritdoc/>
    public override IReadOnlyList<CbqaCell> Cells { get; } = [Cell];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Scores => ClosedBookTask.Named(Cell.Settings.Dataset).Metrics;

    /// <summary>Weights of the model, a tied embedding counted once.</summary>
    public long Parameters => Cell.Settings.Shape(Cell.Settings.Size).ParameterCount;

    /// <summary>The plan of valid settings.</summary>
    public static CbqaPlan Of(CbqaSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new CbqaPlan(new CbqaCell(settings));
    }

    /// <inheritdoc/>
    public override StudyGraph Graph() => StudyGraph.Of(Cells, CbqaStages.Expand);
}

/// <summary>A data set with a size and a seed.</summary>
/// <param name="Settings">What was asked for.</param>
public sealed record CbqaCell(CbqaSettings Settings) : StudyCell(Settings.Dataset, Settings.Size, Settings.Seed)
{
    /// <inheritdoc/>
    public override string Name => NameOf(Settings.Dataset, Settings.Size, Settings.Salient, Settings.Scale, Settings.Seed);

    /// <summary>The name of a result, different for whatever may stand beside it in a report: <c>nq-base-ssm-x0.01-seed1</c>.</summary>
    internal static string NameOf(string dataset, string size, bool salient, double scale, int seed) =>
        FormattableString.Invariant($"{dataset}-{size}{(salient ? "-ssm" : "")}{(scale < 1 ? FormattableString.Invariant($"-x{scale:0.###############}") : "")}-seed{seed}");
}

/// <summary>The stages of a published model made again, and the settings that the outcome of each depends on.</summary>
internal static class CbqaStages
{
    // Stands for a checkpoint that is not there yet.
    private static readonly StudyStart s_later = new("", "");

    /// <summary>The stages, in order.</summary>
    public static IReadOnlyList<StudyStage> Expand(CbqaCell cell, StudyStages stages)
    {
        var settings = cell.Settings;
        var all = new List<StudyStage>();
        var read = settings switch
        {
            { From: null } => Run(StageKind.Pretrain, CbqaSpecs.Pretrain(settings), CorpusManifest.Load(settings.Corpus!).Fingerprint),
            { Imports: true } => Job(StageKind.Import, Files(Directory.GetFiles(settings.From!))),
            _ => null,
        };
        var begun = settings is { From: { } from, Imports: false } ? CheckpointManifest.Parse(File.ReadAllBytes(Path.Combine(from, CheckpointManifest.FileName))).WeightsDigest : "";
        if (settings.Salient)
        {
            var spans = settings.Spans is null ? Job(StageKind.Spans, CorpusManifest.Load(settings.Corpus!).Fingerprint) : null;
            read = Run(
                StageKind.Continue, CbqaSpecs.Continue(settings, settings.Spans ?? "", s_later),
                begun + (settings.Spans is { } folder ? CbqaSettings.Digest(Path.Combine(folder, CbqaSpecs.Sentences)) : ""), [.. new[] { read, spans }.OfType<StudyStage>()]);
        }

        var finetune = Run(
            StageKind.Finetune, CbqaSpecs.Finetune(settings, s_later), begun + string.Join('\n', settings.Data.Select(CbqaSettings.Digest)), [.. new[] { read }.OfType<StudyStage>()]);
        Job(StageKind.Evaluate, CbqaSettings.Digest(settings.Test), finetune);
        return all;

        StudyStage Job(StageKind kind, string depends, params StudyStage[] inputs) => Add(stages.Once(kind, cell, $"cbqa\n{depends}\n", workers: 1, inputs));

        StudyStage Run(StageKind kind, RunSpec spec, string data, params StudyStage[] inputs) => Add(stages.Once(
            kind, cell, FormattableString.Invariant($"cbqa\n{SpecWriter.Arithmetic(spec, data)}steps={spec.Batch.Steps}\n") + SpecWriter.Arithmetic(spec.Evaluation), spec.Workers.Max, inputs));

        StudyStage Add(StudyStage stage)
        {
            all.Add(stage);
            return stage;
        }
    }

    // A published folder's files are large: their names and lengths stand for them.
    private static string Files(IEnumerable<string> paths) =>
        string.Join('\n', paths.Order(StringComparer.Ordinal).Select(path => FormattableString.Invariant($"{path} {new FileInfo(path).Length}")));
}
