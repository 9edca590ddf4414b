namespace Orchestrator.Core.Specs;

/// <summary>What must hold between the fields of a model.</summary>
internal static class ModelRules
{
    /// <summary>Adds the mistakes of a spec's model.</summary>
    public static void Check(RunSpec spec, SpecBinder binder)
    {
        var model = spec.Model;
        if (!CheckPreset(model, binder))
        {
            return;
        }

        foreach (var field in SpecFields.Of(typeof(ModelSpec)).Where(field => !field.BelongsTo(model) && binder.IsGiven($"model.{field.Key}")))
        {
            var families = string.Join(" and ", field.Families!.Select(family => SpecFields.Word(family)));
            binder.Add($"model.{field.Key}", $"is a field of family {families}, and this model is a {SpecFields.Word(model.Family)}; leave it out");
        }

        if (model.Family == ModelFamily.T5)
        {
            binder.Rule(
                model.FeedForward is FeedForwardKind.Relu or FeedForwardKind.GatedGelu,
                $"must be relu or gated-gelu in a t5, was {SpecFields.Word(model.FeedForward)}",
                "model.feed_forward", "model.family");
            binder.Rule(
                model.RelativeDistance > model.RelativeBuckets / 2,
                $"must be above half of model.relative_buckets, {model.RelativeBuckets / 2}, was {model.RelativeDistance}",
                "model.relative_distance", "model.relative_buckets");
            return;
        }

        CheckPositions(spec, binder);
        binder.Rule(
            model.FeedForward is FeedForwardKind.Gelu or FeedForwardKind.GeluErf,
            $"must be gelu or gelu-erf in a {SpecFields.Word(model.Family)}, was {SpecFields.Word(model.FeedForward)}",
            "model.feed_forward", "model.family");
    }

    // False: the family is not known, so nothing more can be said.
    private static bool CheckPreset(ModelSpec model, SpecBinder binder)
    {
        if (model.Preset is not { } preset)
        {
            return true;
        }

        if (ModelPresets.Find(preset) is not { } published)
        {
            var nearest = NearestName.Of(preset, ModelPresets.Names);
            binder.Add("model.preset", $"must be one of {string.Join(", ", ModelPresets.Names)}, was {preset}{(nearest is null ? "" : $"; did you mean {nearest}?")}");
            return true;
        }

        binder.Rule(
            published.Family == model.Family,
            $"must be {SpecFields.Word(published.Family)} or left out with the preset {preset}, was {SpecFields.Word(model.Family)}",
            "model.family", "model.preset");
        return published.Family == model.Family;
    }

    private static void CheckPositions(RunSpec spec, SpecBinder binder)
    {
        var model = spec.Model;
        binder.Rule(
            model.DModel % model.Heads == 0,
            $"must be a multiple of model.heads, {model.Heads}, was {model.DModel}",
            "model.d_model", "model.heads");
        var turned = ResolvedModel.RotaryWidthOf(model);
        binder.Rule(
            model.Positions != PositionKind.Rotary || model.DModel % model.Heads != 0 || (turned >= 2 && turned % 2 == 0),
            $"must turn an even number of a head's {model.DModel / model.Heads} values, at least 2; {model.RotaryShare} turns {turned}",
            "model.rotary_share", "model.d_model", "model.heads");
        binder.Rule(
            spec.Data.InputLength <= model.MaxLength,
            $"must be at most model.max_length, {model.MaxLength}, was {spec.Data.InputLength}",
            "data.input_length", "model.max_length");
    }
}
