using Orchestrator.Core.Specs;
using Orchestrator.Training.Optim;

namespace Orchestrator.Training.Model;

/// <summary>Makes a plain model of an adapted one: W + s B A in the place of W (Hu et al. 2021, section 4.1).</summary>
public static class LowRankMerge
{
    /// <summary>Copies the weights of an adapted model, its updates added in.</summary>
    /// <param name="adapted">The adapted model's parameters.</param>
    /// <param name="shape">Its shapes.</param>
    /// <param name="plain">A plain model's parameters, of the same shapes; overwritten.</param>
    public static void Into(FlatParameters adapted, ResolvedModel shape, FlatParameters plain)
    {
        ArgumentNullException.ThrowIfNull(adapted);
        ArgumentNullException.ThrowIfNull(plain);
        foreach (var slice in plain.Slices)
        {
            using var from = adapted.WeightView(slice.Name);
            using var into = plain.WeightView(slice.Name);
            into.copy_(from);
        }

        foreach (var update in adapted.Updates)
        {
            using var down = adapted.WeightView(update.Down);
            using var up = adapted.WeightView(update.Up);
            using var stored = plain.WeightView(update.Weight);
            using var weight = LanguageModels.IsTransposed(shape, update.Weight) ? stored.t() : stored.alias();
            using var product = up.mm(down);
            product.mul_(update.Scale);
            weight.add_(product);
        }
    }
}
