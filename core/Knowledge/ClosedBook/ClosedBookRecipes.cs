using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.ClosedBook;

/// <summary>The published ways to train, as the examples have them: pre-training (<c>examples/t5-….yaml</c>), salient spans and fine-tuning (<c>examples/closed-book</c>).</summary>
public static class ClosedBookRecipes
{
    /// <summary>The size that is none of the paper's: trained as t5-base, with the model of <c>examples/tiny.yaml</c>.</summary>
    public const string Tiny = "tiny";

    private const string Prefix = "recipes.", Ending = ".yaml", Family = "t5-", Base = "base";

    private static readonly IReadOnlyList<string> s_datasets = ["nq", "wq", "tqa"];

    /// <summary>The sizes that there are recipes for, as they are named without <c>t5-</c>; the tiny one last.</summary>
    public static IReadOnlyList<string> Sizes { get; } = ["base", "large", "3b", "11b", "v1_1-base", "v1_1-large", "v1_1-xl", "v1_1-xxl", Tiny];

    /// <summary>The data sets that there are recipes for.</summary>
    public static IReadOnlyList<string> Datasets => s_datasets;

    /// <summary>The run that pre-trains a size.</summary>
    public static RunSpec Pretrain(string size) => Sized(Read(Family + Known(size)), size);

    /// <summary>The run that goes on with salient spans.</summary>
    public static RunSpec Salient(string size) => Sized(Read($"{Family}{Known(size)}-ssm"), size);

    /// <summary>The run that fine-tunes a size on a data set.</summary>
    public static RunSpec Finetune(string size, string dataset) => Sized(Read($"{Family}{Known(size)}-{dataset}"), size);

    private static string Known(string size) => size == Tiny ? Base : size;

    // The weights to begin with are named later, and with them the vocabulary.
    private static RunSpec Sized(RunSpec spec, string size)
    {
        var model = size == Tiny ? Read(Tiny).Model with { Dropout = spec.Model.Dropout } : spec.Model;
        return spec with { Model = model with { StartFrom = null, StartDigest = null } };
    }

    private static RunSpec Read(string name)
    {
        using var reader = new StreamReader(
            typeof(ClosedBookRecipes).Assembly.GetManifestResourceStream(Prefix + name + Ending) ?? throw new InvalidOperationException($"The recipe {name} is missing."));
        var text = reader.ReadToEnd().Replace("  start_from:", $"  start_digest: {new string('0', 16)}\n  start_from:", StringComparison.Ordinal);
        var read = SpecReader.Read(text, name + Ending);
        return read.Spec ?? throw new InvalidOperationException(string.Join('\n', read.Errors));
    }
}
