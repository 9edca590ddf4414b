using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>What is done with one arm and one model. The defaults are the paper's protocol (Allen-Zhu and Li 2023, arXiv:2309.14316).</summary>
public sealed record BioStudySettings
{
    /// <summary>How people are told of, see <see cref="BioVariant"/>.</summary>
    public string Variant { get; init; } = "";

    /// <summary>Who is told of.</summary>
    public PopulationSettings Population { get; init; } = new();

    /// <summary>How text becomes tokens.</summary>
    public VocabularySettings Vocabulary { get; init; } = new();

    /// <summary>The model; a rotary GPT-2 of 12 layers and width 768 where nothing is said.</summary>
    public ModelSpec Model { get; init; } = ModelPresets.OfFamily(ModelFamily.Gpt);

    /// <summary>Reading the biographies.</summary>
    public PretrainSettings Pretrain { get; init; } = new();

    /// <summary>Learning to answer.</summary>
    public FinetuneSettings Finetune { get; init; } = new();

    /// <summary>Looking for the attributes in the hidden states.</summary>
    public ProbeSettings Probes { get; init; } = new();
}
