namespace Orchestrator.Core.Specs;

/// <summary>What kind of network a model is.</summary>
public enum ModelFamily
{
    /// <summary>Encoder and decoder with relative position biases (Raffel et al. 2019).</summary>
    T5,

    /// <summary>A decoder alone: GPT-2 (Radford et al. 2019), with rotary or learned positions.</summary>
    Gpt,

    /// <summary>An encoder alone: BERT (Devlin et al. 2018), with learned or rotary positions.</summary>
    Bert,
}

/// <summary>How a model without relative biases knows where a token stands.</summary>
public enum PositionKind
{
    /// <summary>Queries and keys are turned by an angle that grows with the position (Su et al. 2021), in GPT-NeoX's layout.</summary>
    Rotary,

    /// <summary>A learned vector a position, added to the embedding.</summary>
    Learned,
}

/// <summary>The families that have a field; without it, all have.</summary>
/// <param name="families">The families.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FamiliesAttribute(params ModelFamily[] families) : Attribute
{
    /// <summary>The families.</summary>
    public IReadOnlyList<ModelFamily> Families => families;
}
