namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What a stage does.</summary>
public enum StageKind
{
    /// <summary>Writes what is told and questions about it.</summary>
    Generate,

    /// <summary>Makes tokens of what is told.</summary>
    Corpus,

    /// <summary>Makes a checkpoint of a published one.</summary>
    Import,

    /// <summary>Trains on what is told.</summary>
    Pretrain,

    /// <summary>Finds the names and dates of a corpus.</summary>
    Spans,

    /// <summary>Trains on for longer, on names and dates or as before.</summary>
    Continue,

    /// <summary>Trains on questions.</summary>
    Finetune,

    /// <summary>Asks the questions that were held out.</summary>
    Evaluate,

    /// <summary>Measures memory, extraction and capacity.</summary>
    Measure,

    /// <summary>Probes the tokens before each attribute (P-probe).</summary>
    PositionProbe,

    /// <summary>Probes the end of a name (Q-probe).</summary>
    QuestionProbe,
}

/// <summary>A piece of a study's work. Two of one digest are the same work, whatever cells they are for.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Digest">64 lower-case hexadecimal characters, over everything that its outcome depends on.</param>
/// <param name="Cell">The first cell that it is for; of its settings, only what is in the digest matters.</param>
/// <param name="Workers">Workers that it has at most, if it is a run; else 1.</param>
/// <param name="Inputs">The stages whose outcome it takes.</param>
public sealed record StudyStage(StageKind Kind, string Digest, StudyCell Cell, int Workers, IReadOnlyList<StudyStage> Inputs)
{
    /// <summary>The name of its folder: <c>pretrain-0123456789ab</c>.</summary>
    public string Name => NameOf(Kind, Digest);

    /// <summary>Whether it is a run on the workers rather than a process of its own.</summary>
    public bool IsRun => IsRunOf(Kind);

    /// <summary>Whether stages of a kind are runs.</summary>
    public static bool IsRunOf(StageKind kind) => kind is StageKind.Pretrain or StageKind.Continue or StageKind.Finetune;

    /// <summary>The input of a kind.</summary>
    public StudyStage Input(StageKind kind) => Find(kind) ?? throw new InvalidOperationException($"{Name} has no {kind}.");

    /// <summary>The input of a kind, or null.</summary>
    public StudyStage? Find(StageKind kind) => Inputs.FirstOrDefault(input => input.Kind == kind);

    /// <summary>The name of a stage's folder.</summary>
    public static string NameOf(StageKind kind, string digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        return $"{Word(kind)}-{digest[..Math.Min(digest.Length, 12)]}";
    }

    /// <summary>How a kind is written.</summary>
    public static string Word(StageKind kind) => Specs.SpecFields.Word(kind);

    /// <inheritdoc/>
    public bool Equals(StudyStage? other) => other is not null && other.Digest == Digest;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Digest);
}
