namespace Orchestrator.Core.Specs;

/// <summary>The shapes of a T5, with nothing left open.</summary>
/// <param name="Vocabulary">V, rows of the embedding.</param>
/// <param name="DModel">D, width of the residual stream.</param>
/// <param name="DFf">F, width of the feed-forward hidden layer.</param>
/// <param name="DKv">K, width of one attention head.</param>
/// <param name="Heads">H, attention heads.</param>
/// <param name="EncoderLayers">Encoder blocks.</param>
/// <param name="DecoderLayers">Decoder blocks.</param>
/// <param name="FeedForward">The feed-forward layer's form.</param>
/// <param name="TiedEmbeddings">Whether the output layer is the embedding.</param>
/// <param name="RelativeBuckets">Relative position buckets.</param>
/// <param name="RelativeDistance">Distance from which all relative positions share the last bucket.</param>
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

    /// <summary>H x K, the width of all heads together.</summary>
    public int Inner => Heads * DKv;

    /// <summary>Number of weights, a tied embedding counted once.</summary>
    public long ParameterCount
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

        return new ResolvedModel(
            vocabulary, model.DModel, model.DFf, model.DKv, model.Heads, model.EncoderLayers, model.DecoderLayers, model.FeedForward,
            model.TiedEmbeddings, model.RelativeBuckets, model.RelativeDistance, model.Dropout);
    }
}
