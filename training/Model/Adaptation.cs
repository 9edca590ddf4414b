using Orchestrator.Core;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>A low-rank update of a matrix of weights.</summary>
/// <param name="Weight">The matrix's name.</param>
/// <param name="Rank">r.</param>
/// <param name="Scale">s = alpha / r: the matrix that is computed with is W + s B A.</param>
/// <param name="Inputs">Columns of A.</param>
/// <param name="Outputs">Rows of B.</param>
public sealed record LowRankShape(string Weight, int Rank, float Scale, long Inputs, long Outputs)
{
    private const string DownSuffix = ".lora_A";
    private const string UpSuffix = ".lora_B";

    /// <summary>Name of A, [r, in].</summary>
    public string Down => Weight + DownSuffix;

    /// <summary>Name of B, [out, r].</summary>
    public string Up => Weight + UpSuffix;

    /// <summary>Whether a weight's name is that of an A or a B.</summary>
    public static bool IsUpdate(string name) => IsDown(name) || IsUp(name);

    /// <summary>Whether a weight's name is that of an A.</summary>
    internal static bool IsDown(string name) => name.EndsWith(DownSuffix, StringComparison.Ordinal);

    /// <summary>Whether a weight's name is that of a B.</summary>
    internal static bool IsUp(string name) => name.EndsWith(UpSuffix, StringComparison.Ordinal);
}

/// <summary>What of a model is trained: which weights, and which low-rank updates beside them.</summary>
/// <param name="Frozen">Names of the weights that stay as they are.</param>
/// <param name="LowRank">The updates.</param>
public sealed record Adaptation(IReadOnlySet<string> Frozen, IReadOnlyList<LowRankShape> LowRank)
{
    /// <summary>Every weight is trained.</summary>
    public static Adaptation None { get; } = new(new HashSet<string>(), []);

    /// <summary>Nothing is trained: a model that answers or is measured has no gradients.</summary>
    public static Adaptation OfNothing(ResolvedModel shape) => new(LanguageModels.ParametersOf(shape).Select(weight => weight.Name).ToHashSet(StringComparer.Ordinal), []);

    /// <summary>What a spec asks for.</summary>
    /// <param name="spec">The model as specified.</param>
    /// <param name="shape">Its shapes.</param>
    /// <exception cref="BadInputException">A pattern means no weight, or nothing is left to train; the message names the field.</exception>
    public static Adaptation Of(ModelSpec spec, ResolvedModel shape)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var weights = LanguageModels.ParametersOf(shape);
        Require("model.freeze", spec.Freeze, weights);
        Require("model.train", spec.Train, weights);
        var trained = weights.Where(weight => (spec.Train.Count == 0 ? spec.Lora is null : Any(spec.Train, weight)) && !Any(spec.Freeze, weight)).ToArray();
        var lowRank = spec.Lora is null ? [] : LowRankOf(spec.Lora, shape, weights);
        if (trained.Length + lowRank.Count == 0)
        {
            throw new BadInputException("model.freeze leaves nothing to train; freeze less, or adapt some matrices with model.lora.");
        }

        if (lowRank.FirstOrDefault(update => trained.Any(weight => weight.Name == update.Weight)) is { } both)
        {
            throw new BadInputException($"model.train and model.lora both mean {both.Weight}; train it or adapt it.");
        }

        return new Adaptation(weights.Except(trained).Select(weight => weight.Name).ToHashSet(StringComparer.Ordinal), lowRank);
    }

    private static List<LowRankShape> LowRankOf(LoraSpec lora, ResolvedModel shape, IReadOnlyList<ParameterShape> weights)
    {
        var embedding = LanguageModels.EmbeddingOf(shape);
        var matrices = weights.Where(weight => weight.Shape.Length == 2 && !LanguageModels.IsTable(shape, weight.Name)).ToArray();
        Require("model.lora.targets", lora.Targets, matrices);
        var updates = matrices.Where(weight => Any(lora.Targets, weight)).Select(weight =>
        {
            var (outputs, inputs) = LanguageModels.IsTransposed(shape, weight.Name) ? (weight.Shape[1], weight.Shape[0]) : (weight.Shape[0], weight.Shape[1]);
            return Update(weight.Name, lora.Rank, "model.lora.rank", inputs, outputs);
        }).ToList();
        if (lora.Embeddings is { } rank)
        {
            updates.Add(Update(embedding, rank, "model.lora.embeddings", shape.DModel, shape.Vocabulary));
        }

        return updates;

        LowRankShape Update(string name, int rank, string field, long inputs, long outputs) => rank <= Math.Min(inputs, outputs)
            ? new LowRankShape(name, rank, (float)(lora.Alpha / rank), inputs, outputs)
            : throw new BadInputException($"{field} must be at most {Math.Min(inputs, outputs)}, the smaller side of {name}, was {rank}.");
    }

    private static bool Any(SpecList<string> patterns, ParameterShape weight) => patterns.Any(pattern => WeightNames.Means(pattern, weight.Name));

    private static void Require(string field, SpecList<string> patterns, IReadOnlyList<ParameterShape> weights)
    {
        if (patterns.FirstOrDefault(pattern => !weights.Any(weight => WeightNames.Means(pattern, weight.Name))) is { } useless)
        {
            throw new BadInputException($"{field}: \"{useless}\" means none of the model's weights, such as {weights[0].Name} and {weights[weights.Count / 2].Name}; write the end of a name, or a pattern with *.");
        }
    }
}
