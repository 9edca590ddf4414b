using Orchestrator.Core.Jobs;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>How text becomes tokens.</summary>
public sealed record VocabularySettings
{
    /// <summary>How text is cut into pieces.</summary>
    public PieceKind Kind { get; init; } = PieceKind.Unigram;

    /// <summary>Pieces of a vocabulary that is trained on the biographies.</summary>
    [AllowedRange(16, 1_000_000)]
    public int Pieces { get; init; } = 8000;

    /// <summary>A spiece.model to take in place of one trained on the biographies; empty: none.</summary>
    [FilePath]
    public string File { get; init; } = "";

    /// <summary>How a vocabulary is trained, or null where none is.</summary>
    public VocabularyOptions? Training => File.Length > 0 || Kind == PieceKind.Words
        ? null
        : new VocabularyOptions { Pieces = Pieces, Kind = Kind == PieceKind.Bpe ? VocabularyKind.Bpe : VocabularyKind.Unigram };
}

/// <summary>How text is cut into pieces.</summary>
public enum PieceKind
{
    /// <summary>A value is one piece, a name three and a date three: the vocabulary that comes with the biographies.</summary>
    Words,

    /// <summary>SentencePiece's unigram model, trained on the biographies.</summary>
    Unigram,

    /// <summary>Byte pairs, trained on the biographies.</summary>
    Bpe,
}
