using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Tracking;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Tracking;

public sealed class KnowledgeTrackingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly KnowledgeProbe s_probe = new(
        [
            new KnowledgeQuestion(1, "Where was Marta Velin born?", ["Ashby"]),
            new KnowledgeQuestion(2, "When was Marta Velin born?", ["1912", "in 1912"]),
            new KnowledgeQuestion(4, "Marta Velin worked as a <extra_id_0>.", ["<extra_id_0> painter"]),
        ],
        "squad");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_curve_counts_what_was_learned_since_the_asking_before_and_what_was_known_once_and_is_not_now()
    {
        var points = KnowledgeCurve.Of([Asking(10, false, false, true), Asking(20, true, false, false), Asking(30, true, true, false), Asking(40, false, true, true)]);

        Assert.Equal([(10, 1, 1, 0), (20, 1, 1, 1), (30, 2, 1, 1), (40, 2, 1, 1)], points.Select(point => ((int)point.Step, point.Known, point.Learned, point.Forgotten)));
        Assert.Equal(100.0 / 3, points[0].Percent, 1e-9);
        Assert.Throws<ArgumentException>(() => KnowledgeCurve.Of([Asking(10, true, true, true), Asking(10, true, true, true)]));
    }

    [Fact]
    public void A_step_that_is_come_to_again_has_one_file_and_others_weights_answers_take_its_place()
    {
        var folder = new KnowledgeFolder(_folder.Path, s_probe.Digest);
        folder.Write(s_probe, Asking(20, true, false, false));
        folder.Write(s_probe, Asking(8, false, false, false));
        var again = Asking(20, false, true, false) with { Head = Head(20) with { Attempt = 2, WeightsDigest = "00000000000000ff" } };
        folder.Write(s_probe, again);

        var found = Assert.Single(KnowledgeFolder.Of(_folder.Path));
        Assert.Equal([8, 20], found.Steps);
        Assert.Equal(again.Head, found.HeadOf(20));
        Assert.False(Head(20).IsSameAs(found.HeadOf(20)));
        Assert.True(Head(8).IsSameAs(found.HeadOf(8)! with { Attempt = 9 }));
        Assert.Equal(again.Answers, found.Asking(20).Answers);
        Assert.Equal(s_probe.Questions.Select(question => (question.Line, question.Input)), found.Questions().Select(question => (question.Line, question.Input)));
        Assert.Equal(s_probe.Digest, new KnowledgeProbe(found.Questions(), "squad").Digest);
        Assert.Equal(3, Directory.GetFiles(found.Root).Length);
    }

    [Fact]
    public void A_damaged_file_is_named_with_its_line()
    {
        var folder = new KnowledgeFolder(_folder.Path, s_probe.Digest);
        folder.Write(s_probe, Asking(20, true, false, false));
        var lines = File.ReadAllLines(folder.PathOf(20));
        File.WriteAllLines(folder.PathOf(20), [.. lines[..2], lines[2][..10], lines[3]]);

        Assert.StartsWith($"{folder.PathOf(20)}:3 is damaged; remove the file", Assert.Throws<BadInputException>(() => folder.Asking(20)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "ashby.", true)]
    [InlineData(0, "Ashbyville", false)]
    [InlineData(1, "in 1912", true)]
    [InlineData(2, "<extra_id_0> a painter<extra_id_1> of", true)]
    [InlineData(2, "<extra_id_0> painter", true)]
    [InlineData(2, "painter", false)]
    [InlineData(2, "<extra_id_1> painter", false)]
    public void An_answer_is_judged_by_the_metric_and_one_in_a_gap_by_what_stands_in_it(int question, string text, bool right)
    {
        var answer = s_probe.Judge(s_probe.Questions[question], text, Math.Log(0.25));

        Assert.Equal((s_probe.Questions[question].Line, right, text), (answer.Line, answer.Right, answer.Prediction));
        Assert.Equal(0.25, answer.Confidence, 1e-12);
    }

    [Fact]
    public void A_time_line_has_what_was_seen_up_to_each_asking_and_after_the_last()
    {
        var moments = KnowledgeTimeline.Of([Asking(0, false, false, false), Asking(10, true, false, false), Asking(20, false, false, false)], line: 1, seen: [3, 10, 11, 25, 25], lastStep: 27);

        Assert.Equal(
            ["asked 0 False", "seen 1-10 3,10", "asked 10 True", "seen 11-20 11", "asked 20 False", "seen 21-27 25,25"],
            moments.Select(moment => moment switch
            {
                KnowledgeSeen seen => $"seen {seen.First}-{seen.Step} {string.Join(',', seen.Steps)}",
                KnowledgeAsked asked => $"asked {asked.Step} {asked.Answer.Right}",
                _ => "",
            }));
        Assert.Equal(2, KnowledgeTimeline.Of([Asking(5, true, true, true), Asking(9, true, true, true)], line: 4, seen: null, lastStep: 12).Count);
    }

    [Fact]
    public void A_question_is_meant_by_its_whole_text_or_by_a_part_that_no_other_has()
    {
        Assert.Equal(2, KnowledgeTimeline.Find(s_probe.Questions, "when was").Line);
        Assert.Equal(1, KnowledgeTimeline.Find([.. s_probe.Questions, new KnowledgeQuestion(9, "Where was Marta Velin born? Say it.", ["x"])], "Where was Marta Velin born?").Line);
        Assert.Equal(
            "2 questions hold 'velin born', for example 'Where was Marta Velin born?', 'When was Marta Velin born?'; name more of one.",
            Assert.Throws<BadInputException>(() => KnowledgeTimeline.Find(s_probe.Questions, "velin born")).Message);
        Assert.StartsWith("No question of the run holds 'Berlin'", Assert.Throws<BadInputException>(() => KnowledgeTimeline.Find(s_probe.Questions, "Berlin")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Questions_are_read_with_prefix_and_templates_and_one_with_several_gaps_is_named()
    {
        var file = Path.Combine(_folder.Path, "facts.jsonl");
        File.WriteAllText(file, """{"q": "Where?", "a": ["Ashby", "Ashby upon Elm"]}""" + "\n");
        var probe = KnowledgeProbe.Read(new KnowledgeSpec { Questions = file, Prefix = "ask: ", Input = "{q}", Target = "{a}", Limit = 1 });
        Assert.Equal(("ask: Where?", "Ashby|Ashby upon Elm"), (probe.Questions[0].Input, string.Join('|', probe.Questions[0].Targets)));

        File.WriteAllText(file, """{"input": "<extra_id_0> of <extra_id_1>", "target": "<extra_id_0> a <extra_id_1> b"}""");
        Assert.EndsWith("facts.jsonl:1: the question fills several gaps in its target; ask for one.", Refusal(new KnowledgeSpec { Questions = file }), StringComparison.Ordinal);
        File.WriteAllText(file, """{"input": "<extra_id_0>", "target": "<extra_id_0> "}""");
        Assert.EndsWith("facts.jsonl:1: the question has an empty answer.", Refusal(new KnowledgeSpec { Questions = file }), StringComparison.Ordinal);
        Assert.Equal($"evaluation.knowledge.questions: there is no file {file}x.", Refusal(new KnowledgeSpec { Questions = file + "x" }));
    }

    [Fact]
    public void A_drawing_has_a_dot_for_every_asking_and_is_xml()
    {
        var svg = System.Xml.Linq.XDocument.Parse(KnowledgeChart.Draw(KnowledgeCurve.Of([Asking(10, false, false, true), Asking(20, true, true, false)]), "run <a>"));

        Assert.Equal(["step 10: 33.3 %", "step 20: 66.7 %"], svg.Descendants().Where(element => element.Name.LocalName == "circle").Select(dot => dot.Value));
    }

    private static string Refusal(KnowledgeSpec spec) => Assert.Throws<BadInputException>(() => KnowledgeProbe.Read(spec)).Message;

    private static KnowledgeHead Head(long step) => new("run-1", step, 1, "000000000000abcd", s_probe.Digest, "squad");

    private static KnowledgeAsking Asking(long step, params bool[] right) =>
        new(Head(step), [.. right.Zip(s_probe.Questions, (known, question) => new KnowledgeAnswer(question.Line, known, known ? question.Targets[0] : "no idea", 0.5))]);
}
