using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Model;

namespace Orchestrator.Tests.Training.Model;

/// <summary>A small model of every kind, and batches for it.</summary>
internal static class SmallModels
{
    public const int Vocabulary = 96;

    private static readonly ResolvedModel s_t5 = new(
        Vocabulary, DModel: 32, DFf: 48, DKv: 8, Heads: 4, EncoderLayers: 2, DecoderLayers: 2, FeedForwardKind.GatedGelu,
        TiedEmbeddings: false, RelativeBuckets: 8, RelativeDistance: 16, Dropout: 0.0);

    private static readonly ResolvedModel s_gpt = s_t5 with
    {
        Family = ModelFamily.Gpt,
        EncoderLayers = 0,
        FeedForward = FeedForwardKind.Gelu,
        TiedEmbeddings = true,
        RelativeBuckets = 0,
        RelativeDistance = 0,
        Positions = PositionKind.Rotary,
        RotaryWidth = 4,
        RotaryBase = 10000.0,
        MaxLength = 64,
        NormEpsilon = ResolvedModel.GptNormEpsilon,
    };

    private static readonly ResolvedModel s_bert = s_gpt with
    {
        Family = ModelFamily.Bert,
        EncoderLayers = 2,
        DecoderLayers = 0,
        FeedForward = FeedForwardKind.GeluErf,
        Positions = PositionKind.Learned,
        RotaryWidth = 0,
        RotaryBase = 0.0,
        TokenTypes = 2,
        NormEpsilon = ResolvedModel.BertNormEpsilon,
    };

    private static readonly ResolvedModel s_learned = s_gpt with { Positions = PositionKind.Learned, RotaryWidth = 0, RotaryBase = 0.0 };

    /// <summary>The kinds' names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["t5", "t5-v1_0", "gpt", "gpt-untied", "gpt-learned", "bert", "bert-rotary"];

    public static ResolvedModel Shape(string name) => name switch
    {
        "t5" => s_t5,
        "t5-v1_0" => s_t5 with { FeedForward = FeedForwardKind.Relu, TiedEmbeddings = true },
        "gpt" => s_gpt,
        "gpt-untied" => s_gpt with { TiedEmbeddings = false, FeedForward = FeedForwardKind.GeluErf, RotaryWidth = 8 },
        "gpt-learned" => s_learned,
        "bert" => s_bert,
        "bert-rotary" => s_bert with { Positions = PositionKind.Rotary, RotaryWidth = 4, RotaryBase = 100.0, TokenTypes = 0, FeedForward = FeedForwardKind.Gelu },
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>A model with weights far from their initial values, so that no gradient is trivial.</summary>
    public static unsafe ILanguageModel Create(ResolvedModel shape, Operations? operations = null, Precision precision = Precision.Fp32, double noise = 0.2)
    {
        var model = LanguageModels.Create(shape, device: null, precision, operations);
        model.Initialise(3);
        var random = new CounterRandom(4, "noise");
        for (var i = 0L; i < model.Parameters.Length; i++)
        {
            model.Parameters.Weights[i] += (float)(noise * random.Normal((ulong)i));
        }

        return model;
    }

    /// <summary>Rows of random tokens with padding at some ends; an encoder's targets count at every fourth place.</summary>
    public static TokenBatch Batch(ModelFamily family, int rows = 3, int length = 17, long seed = 1)
    {
        var random = new CounterRandom(seed, "batch");
        long[] Draw(int count, ulong stream) =>
            [.. Enumerable.Range(0, rows * count).Select(i => 2 + (long)(random.Bits((stream << 32) + (ulong)i) % (Vocabulary - 2)))];
        var (inputs, targets) = (Draw(length, 0), Draw(length, 1));
        inputs[^1] = inputs[^2] = targets[^1] = 0;
        return family switch
        {
            ModelFamily.T5 => new TokenBatch(rows, length, length, inputs, targets),
            ModelFamily.Gpt => new TokenBatch(rows, 0, length, [], targets),
            _ => new TokenBatch(rows, length, length, inputs, [.. targets.Select((token, i) => i % 4 == 1 ? token : 0)]),
        };
    }
}
