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
        if (spec.Data.Tasks.Count > 0)
        {
            binder.Rule(
                spec.Model.Family != ModelFamily.Bert,
                $"must be t5 or gpt where data.tasks are learned, was {family}; an encoder alone writes no answers",
                "model.family", "model.preset", "data.tasks");
            if (spec.Data.Corpus.Length == 0)
            {
                return;
            }
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
