namespace Orchestrator.Core.Specs;

/// <summary>The shapes of a model, with nothing left open.</summary>
/// <param name="Vocabulary">V, rows of the embedding.</param>
/// <param name="DModel">D, width of the residual stream.</param>
/// <param name="DFf">F, width of the feed-forward hidden layer.</param>
/// <param name="DKv">K, width of one attention head.</param>
/// <param name="Heads">H, attention heads.</param>
/// <param name="EncoderLayers">Encoder blocks; 0 in a gpt.</param>
/// <param name="DecoderLayers">Decoder blocks; 0 in a bert.</param>
/// <param name="FeedForward">The feed-forward layer's form.</param>
/// <param name="TiedEmbeddings">Whether the output layer is the embedding.</param>
/// <param name="RelativeBuckets">Relative position buckets; 0 where there are none.</param>
/// <param name="RelativeDistance">Distance from which all relative positions share the last bucket; 0 where there are none.</param>
/// <param name="Dropout">Dropout rate in [0, 1).</param>
public sealed record ResolvedModel(
    int Vocabulary,
    int DModel,
    int DFf,
    int DKv,
    int Heads,
    int EncoderLayers,
    int DecoderLayers,
    FeedForwardKind FeedForward,
    bool TiedEmbeddings,
    int RelativeBuckets,
    int RelativeDistance,
    double Dropout)
{
    /// <summary>Rows of an embedding that was not given are a multiple of this, as in the published models.</summary>
    public const int VocabularyMultiple = 128;

    /// <summary>Epsilon of a T5's norms.</summary>
    public const double T5NormEpsilon = 1e-6;

    /// <summary>Epsilon of a GPT-2's norms.</summary>
    public const double GptNormEpsilon = 1e-5;

    /// <summary>Epsilon of a BERT's norms.</summary>
    public const double BertNormEpsilon = 1e-12;

    /// <summary>H x K, the width of all heads together.</summary>
    public int Inner => Heads * DKv;

    /// <summary>What kind of network it is.</summary>
    public ModelFamily Family { get; init; }

    /// <summary>How positions are known; a T5 knows distances instead.</summary>
    public PositionKind Positions { get; init; }

    /// <summary>Values of a head that rotary positions turn, an even number; 0 where there are none.</summary>
    public int RotaryWidth { get; init; }

    /// <summary>Base of the rotary angles; 0 where there are none.</summary>
    public double RotaryBase { get; init; }

    /// <summary>Longest sequence, tokens; 0: there is no limit.</summary>
    public int MaxLength { get; init; }

    /// <summary>Rows of the token type embedding; 0: there is none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>Added to the mean square, or variance, under the root of a norm.</summary>
    public double NormEpsilon { get; init; } = T5NormEpsilon;

    /// <summary>Number of weights, a tied embedding counted once.</summary>
    public long ParameterCount => Family switch
    {
        ModelFamily.T5 => T5Count,
        ModelFamily.Gpt => EmbeddingCount + (DecoderLayers * BlockCount) + (2L * DModel) + (TiedEmbeddings ? 0 : (long)Vocabulary * DModel),
        _ => EmbeddingCount + (2L * DModel) + (EncoderLayers * BlockCount) + HeadCount,
    };

    private long T5Count
    {
        get
        {
            long d = DModel;
            var attention = 4 * d * Inner;
            var feedForward = (FeedForward == FeedForwardKind.GatedGelu ? 3 : 2) * d * DFf;
            var encoder = (EncoderLayers * (attention + feedForward + (2 * d))) + d;
            var decoder = (DecoderLayers * ((2 * attention) + feedForward + (3 * d))) + d;
            var positions = 2L * RelativeBuckets * Heads;
            var embeddings = (TiedEmbeddings ? 1 : 2) * d * Vocabulary;
            return encoder + decoder + positions + embeddings;
        }
    }

    private long EmbeddingCount => (Vocabulary + (Positions == PositionKind.Learned ? MaxLength : 0L) + TokenTypes) * DModel;

    // Weights and biases of query, key, value and output, of the feed-forward layer, and of two layer norms.
    private long BlockCount => (4L * DModel * (DModel + 1)) + ((2L * DModel * DFf) + DFf + DModel) + (4L * DModel);

    // BERT's masked head: dense, layer norm and the output bias.
    private long HeadCount => ((long)DModel * (DModel + 1)) + (2L * DModel) + Vocabulary;

    /// <summary>Resolves a spec's model over a corpus.</summary>
    /// <param name="model">The model as specified, its preset's values filled in already.</param>
    /// <param name="corpusVocabulary">Pieces and sentinels of the corpus's vocabulary, at least 1.</param>
    /// <exception cref="BadInputException">The model's vocabulary cannot hold the corpus's.</exception>
    public static ResolvedModel From(ModelSpec model, int corpusVocabulary)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(corpusVocabulary, 1);
        var vocabulary = model.Vocabulary ?? (corpusVocabulary + VocabularyMultiple - 1) / VocabularyMultiple * VocabularyMultiple;
        if (vocabulary < corpusVocabulary)
        {
            throw new BadInputException(
                $"model.vocabulary must be at least {corpusVocabulary}, the corpus's vocabulary with its sentinels, was {vocabulary}; raise it or leave it out");
        }

        if (model.Family == ModelFamily.T5)
        {
            return new ResolvedModel(
                vocabulary, model.DModel, model.DFf, model.DKv, model.Heads, model.EncoderLayers, model.DecoderLayers, model.FeedForward,
                model.TiedEmbeddings, model.RelativeBuckets, model.RelativeDistance, model.Dropout);
        }

        var decoder = model.Family == ModelFamily.Gpt;
        var rotary = model.Positions == PositionKind.Rotary;
        return new ResolvedModel(
            vocabulary, model.DModel, model.DFf, model.DModel / model.Heads, model.Heads, decoder ? 0 : model.EncoderLayers, decoder ? model.DecoderLayers : 0,
            model.FeedForward, !decoder || model.TiedEmbeddings, RelativeBuckets: 0, RelativeDistance: 0, model.Dropout)
        {
            Family = model.Family,
            Positions = model.Positions,
            RotaryWidth = rotary ? RotaryWidthOf(model) : 0,
            RotaryBase = rotary ? model.RotaryBase : 0.0,
            MaxLength = model.MaxLength,
            TokenTypes = decoder ? 0 : model.TokenTypes,
            NormEpsilon = decoder ? GptNormEpsilon : BertNormEpsilon,
        };
    }

    /// <summary>Values of a head that rotary positions turn: its width x the share, rounded down as in GPT-NeoX.</summary>
    internal static int RotaryWidthOf(ModelSpec model) => (int)(model.DModel / model.Heads * model.RotaryShare);
}
