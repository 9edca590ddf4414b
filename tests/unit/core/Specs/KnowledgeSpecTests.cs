using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Specs;

public sealed class KnowledgeSpecTests
{
    [Fact]
    public void Questions_change_nothing_of_a_runs_arithmetic_and_are_written_and_read_back()
    {
        var plain = Read("");
        var asked = Read("evaluation: { knowledge: { questions: cloze.jsonl, every: 50, limit: 7 } }");

        Assert.Equal("/specs/cloze.jsonl", asked.Evaluation.Knowledge!.Questions);
        Assert.Equal(("squad", 50L, 7L), (asked.Evaluation.Knowledge.Metric, asked.Evaluation.Knowledge.Every, asked.Evaluation.Knowledge.Limit));
        Assert.Equal(SpecDigest.Of(plain, "corpus"), SpecDigest.Of(asked, "corpus"));
        Assert.Equal(asked.Evaluation, SpecReader.Read(SpecWriter.Write(asked), "run.yaml").Spec!.Evaluation);
        Assert.Contains(("evaluation.knowledge.questions", "/specs/cloze.jsonl"), SpecPaths.Of(asked));
    }

    [Fact]
    public void A_data_set_gives_its_prefix_and_chief_metric_unless_the_spec_does()
    {
        var knowledge = Read("evaluation: { knowledge: { questions: dev.json, dataset: tqa } }").Evaluation.Knowledge!;
        Assert.Equal(("trivia_qa question: ", "trivia_qa"), (knowledge.Prefix, knowledge.Metric));

        knowledge = Read("evaluation: { knowledge: { questions: dev.json, dataset: tqa, prefix: '', metric: exact_match } }").Evaluation.Knowledge!;
        Assert.Equal(("", "exact_match"), (knowledge.Prefix, knowledge.Metric));
    }

    [Theory]
    [InlineData("{ every: 5 }", "evaluation.knowledge.questions is missing")]
    [InlineData("{ questions: a.txt }", "evaluation.knowledge.questions must be a .tsv, .jsonl or .json file, or one with .gz behind that, was /specs/a.txt")]
    [InlineData("{ questions: a.tsv, metric: f1 }", "evaluation.knowledge.metric must be one of accuracy, ")]
    [InlineData("{ questions: a.tsv, dataset: nq }", "evaluation.knowledge.dataset needs a .jsonl or .json file")]
    [InlineData("{ questions: a.json, dataset: nqq }", "did you mean nq")]
    [InlineData("{ questions: a.json, input: 'x {' }", "evaluation.knowledge.input has a '{'")]
    [InlineData("{ questions: a.json, every: 0 }", "evaluation.knowledge.every must be")]
    public void What_cannot_be_asked_is_named_with_its_field(string knowledge, string problem) =>
        Assert.Contains(problem, Errors($"evaluation: {{ knowledge: {knowledge} }}"), StringComparison.Ordinal);

    [Fact]
    public void A_model_that_writes_no_answers_is_not_asked() =>
        Assert.Contains("evaluation.knowledge needs a model that writes answers", Errors("model: { family: bert }\nevaluation: { knowledge: { questions: a.json } }"), StringComparison.Ordinal);

    [Fact]
    public void A_run_is_asked_at_its_checkpoints_unless_the_spec_says_when_and_before_the_first_step_only_where_it_starts_from_other_weights()
    {
        static long[] Due(RunSpec spec) => [.. Enumerable.Range(0, 41).Select(step => (long)step).Where(step => KnowledgeSpec.IsDue(spec, step))];
        var spec = Read("evaluation: { knowledge: { questions: a.json } }") with { Batch = new BatchSpec { Steps = 40 }, Checkpoint = new CheckpointSpec { Every = 10 } };

        // The last step is asked after when the run is done.
        Assert.Equal([10, 20, 30], Due(spec));
        Assert.Equal([15, 30], Due(spec with { Evaluation = spec.Evaluation with { Knowledge = spec.Evaluation.Knowledge! with { Every = 15 } } }));
        Assert.Equal([0, 10, 20, 30], Due(spec with { Model = spec.Model with { StartFrom = "there" } }));
        Assert.Empty(Due(spec with { Evaluation = new EvaluationSpec() }));
    }

    private static RunSpec Read(string yaml)
    {
        var result = SpecReader.Read($"data: {{ corpus: c }}\n{yaml}\n", "run.yaml", "/specs");
        return result.Spec ?? throw new InvalidOperationException(string.Join('\n', result.Errors));
    }

    private static string Errors(string yaml) => string.Join('\n', SpecReader.Read($"data: {{ corpus: c }}\n{yaml}\n", "run.yaml", "/specs").Errors);
}
