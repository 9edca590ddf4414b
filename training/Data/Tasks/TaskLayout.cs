using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Data.Tasks;

/// <summary>How a model reads examples.</summary>
/// <param name="Family">
/// Its family. A decoder alone reads input and target as one text, of which the target counts; an encoder alone reads as many masks behind the input as
/// the target has tokens, and restores them (Allen-Zhu and Li 2023, arXiv:2309.14316, section 6).
/// </param>
/// <param name="Mask">The token that stands for a masked one.</param>
/// <param name="Room">Tokens of inputs and of targets that a packed row holds at most; null: each example has a row of its own.</param>
internal sealed record TaskLayout(ModelFamily Family, int Mask, (int Inputs, int Targets)? Room)
{
    /// <summary>The layout of a run.</summary>
    public static TaskLayout Of(RunSpec spec, TaskTokens tokens) =>
        new(spec.Model.Family, tokens.Mask, spec.Data.Pack ? (tokens.InputLength, tokens.TargetLength) : null);

    /// <summary>Target tokens of an example at most, if inputs and targets have these.</summary>
    public int LongestTarget(int inputs, int targets) => Family == ModelFamily.T5 ? targets : inputs + targets;
}
