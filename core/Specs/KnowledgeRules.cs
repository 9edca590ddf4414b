using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Knowledge.ClosedBook;

namespace Orchestrator.Core.Specs;

/// <summary>The rules that the questions of a spec keep.</summary>
internal static class KnowledgeRules
{
    private const string Field = "evaluation.knowledge";

    /// <summary>Fills in what the questions leave to their data set: prefix and metric.</summary>
    public static EvaluationSpec WithDataset(EvaluationSpec evaluation, SpecBinder binder) =>
        evaluation.Knowledge is not { } knowledge || ClosedBookTask.Find(knowledge.Dataset) is not { } dataset ? evaluation : evaluation with
        {
            Knowledge = knowledge with
            {
                Prefix = binder.IsGiven($"{Field}.prefix") ? knowledge.Prefix : dataset.Prefix,
                Metric = binder.IsGiven($"{Field}.metric") ? knowledge.Metric : dataset.Metrics.First(TextMetrics.Exacts.Contains),
            },
        };

    /// <summary>Adds the mistakes of a spec's questions.</summary>
    public static void Check(RunSpec spec, SpecBinder binder)
    {
        if (spec.Evaluation.Knowledge is not { } knowledge)
        {
            return;
        }

        binder.Rule(knowledge.Questions.Length > 0, "is missing; name a file of questions with an input and a target", $"{Field}.questions", Field);
        binder.Rule(
            knowledge.Questions.Length == 0 || TaskFormat.IsKnown(knowledge.Questions), $"must be a .tsv, .jsonl or .json file, or one with .gz behind that, was {knowledge.Questions}", $"{Field}.questions");
        binder.Rule(
            knowledge.Dataset.Length == 0 || TaskFormat.IsJson(knowledge.Questions), "needs a .jsonl or .json file, as it is published", $"{Field}.dataset", $"{Field}.questions");
        binder.Rule(
            spec.Model.Family != ModelFamily.Bert, "needs a model that writes answers, t5 or gpt; leave it out", Field, "model.family");
        binder.Rule(
            TextMetrics.Exacts.Contains(knowledge.Metric), $"must be one of {string.Join(", ", TextMetrics.Exacts)}, which know right and wrong, was {knowledge.Metric}", $"{Field}.metric");
        TaskRules.RequireTemplate(knowledge.Input, $"{Field}.input", binder);
        TaskRules.RequireTemplate(knowledge.Target, $"{Field}.target", binder);
        TaskRules.RequireDataset(knowledge.Dataset, $"{Field}.dataset", binder);
    }
}
