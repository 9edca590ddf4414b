namespace Orchestrator.Core.Specs;

/// <summary>Which objectives a family of models learns by.</summary>
internal static class ObjectiveRules
{
    /// <summary>The spec with its family's own objective where it names none.</summary>
    public static RunSpec WithDefault(RunSpec spec, SpecBinder binder) => binder.IsGiven("objective.kind") || spec.Data is { Tasks.Count: > 0, Corpus.Length: 0 }
        ? spec
        : spec with { Objective = spec.Objective with { Kind = Of(spec.Model.Family)[0] } };

    /// <summary>Adds the mistakes of a spec's objective.</summary>
    public static void Check(RunSpec spec, SpecBinder binder)
    {
        var family = SpecFields.Word(spec.Model.Family);
        binder.Rule(
            spec.Evaluation.IsLoss || spec.Model.Family != ModelFamily.Bert,
            $"must be loss in a {family}, was {spec.Evaluation.Metric}: an encoder alone restores answers whose length it is told, and writes none",
            "evaluation.metric", "model.family", "model.preset");
        if (spec.Data is { Tasks.Count: > 0, Corpus.Length: 0 })
        {
            return;
        }

        var fitting = Of(spec.Model.Family);
        binder.Rule(
            fitting.Contains(spec.Objective.Kind),
            $"must be {Words(fitting)} in a {family}, was {SpecFields.Word(spec.Objective.Kind)}",
            "objective.kind", "model.family", "model.preset");
    }

    private static string Words(ObjectiveKind[] kinds)
    {
        var words = Array.ConvertAll(kinds, kind => SpecFields.Word(kind));
        return words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";
    }

    private static ObjectiveKind[] Of(ModelFamily family) => family switch
    {
        ModelFamily.Gpt => [ObjectiveKind.CausalLm, ObjectiveKind.PrefixLm],
        ModelFamily.Bert => [ObjectiveKind.MaskedLm],
        _ => [ObjectiveKind.SpanCorruption, ObjectiveKind.PrefixLm, ObjectiveKind.SalientSpans],
    };
}
