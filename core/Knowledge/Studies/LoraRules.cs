using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>The low-rank updates of a study, for the model that they adapt.</summary>
internal static class LoraRules
{
    private const string Targets = "finetune.lora.targets", Rank = "finetune.lora.rank", Embeddings = "finetune.lora.embeddings";

    /// <summary>The settings with what a plan leaves out of its updates as its model has it: the paper's, on the model's own matrices and no wider than it.</summary>
    public static BioStudySettings Completed(BioStudySettings settings, SpecBinder binder)
    {
        var lora = settings.Finetune.Lora;
        // Where nothing is adapted nothing is filled in: what has no effect must not change what a stage goes by.
        return settings.Finetune.Kind != FinetuneKind.Lora ? settings : settings with
        {
            Finetune = settings.Finetune with
            {
                Lora = lora with
                {
                    Targets = binder.IsGiven(Targets) ? lora.Targets : AdaptableMatrices.Attention(settings.Model),
                    Embeddings = binder.IsGiven(Embeddings) || lora.Embeddings is not { } rank ? lora.Embeddings : Math.Min(rank, settings.Model.DModel),
                },
            },
        };
    }

    /// <summary>Adds the mistakes that only shapes tell, which a run would find when its turn comes.</summary>
    public static void Check(BioStudySettings settings, SpecBinder binder)
    {
        if (settings.Finetune.Kind != FinetuneKind.Lora)
        {
            return;
        }

        var (lora, model) = (settings.Finetune.Lora, settings.Model);
        var matrices = AdaptableMatrices.Of(model);
        foreach (var (place, target) in lora.Targets.Index().Where(target => !matrices.Any(matrix => WeightNames.Means(target.Item, matrix.Name))))
        {
            binder.Add($"{Targets}[{place}]", $"\"{target}\" means none of the model's matrices; those of this {SpecFields.Word(model.Family)} are {string.Join(", ", AdaptableMatrices.EndsOf(model))}");
        }

        binder.Rule(lora.Targets.Count > 0 || lora.Embeddings is not null, "is empty and there is no rank for the embedding, so that nothing is trained; name some", Targets, Embeddings);
        var adapted = matrices.Where(matrix => lora.Targets.Any(target => WeightNames.Means(target, matrix.Name))).MinBy(matrix => matrix.SmallerSide);
        binder.Rule(
            adapted is null || lora.Rank <= adapted.SmallerSide,
            $"must be at most {adapted?.SmallerSide}, the smaller side of {adapted?.Name}, was {lora.Rank}",
            Rank, Targets, "finetune.lora", "finetune", "model.d_model", "model");
        binder.Rule(
            lora.Embeddings is not { } rank || rank <= model.DModel,
            $"must be at most model.d_model, {model.DModel}, was {lora.Embeddings}",
            Embeddings, "model.d_model");
    }
}
