namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What a stage does.</summary>
public enum StageKind
{
    /// <summary>Writes people, biographies and questions.</summary>
    Generate,

    /// <summary>Makes tokens of the biographies.</summary>
    Corpus,

    /// <summary>Trains on the biographies.</summary>
    Pretrain,

    /// <summary>Trains on questions.</summary>
    Finetune,

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
/// <param name="Inputs">The stages whose outcome it takes.</param>
public sealed record StudyStage(StageKind Kind, string Digest, StudyCell Cell, IReadOnlyList<StudyStage> Inputs)
{
    /// <summary>The name of its folder: <c>pretrain-0123456789ab</c>.</summary>
    public string Name => $"{Word(Kind)}-{Digest[..12]}";

    /// <summary>Whether it is a run on the workers rather than a process of its own.</summary>
    public bool IsRun => Kind is StageKind.Pretrain or StageKind.Finetune;

    /// <summary>The input of a kind.</summary>
    public StudyStage Input(StageKind kind) => Find(kind) ?? throw new InvalidOperationException($"{Name} has no {kind}.");

    /// <summary>The input of a kind, or null.</summary>
    public StudyStage? Find(StageKind kind) => Inputs.FirstOrDefault(input => input.Kind == kind);

    /// <summary>How a kind is written.</summary>
    public static string Word(StageKind kind) => Specs.SpecFields.Word(kind);

    /// <inheritdoc/>
    public bool Equals(StudyStage? other) => other is not null && other.Digest == Digest;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Digest);
}
