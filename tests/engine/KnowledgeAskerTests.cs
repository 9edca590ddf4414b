using Orchestrator.Core.Knowledge.Tracking;
using Orchestrator.Core.Runs;
using Orchestrator.Core.Specs;
using Orchestrator.Protos.V1;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Collectives;
using Orchestrator.Worker;
using Orchestrator.Worker.Coordination;
using Xunit;
using KnowledgeSpec = Orchestrator.Core.Specs.KnowledgeSpec;

namespace Orchestrator.Tests.Worker;

public sealed class KnowledgeAskerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TrainingState _state;

    public KnowledgeAskerTests()
    {
        File.WriteAllBytes(_folder["spiece.model"], SmallText.Vocabulary);
        File.WriteAllText(_folder["train.tsv"], "input\ttarget\n" + string.Concat(Enumerable.Range(0, 9).Select(i => $"A worker counts {i}.\tnumber {i}\n")));
        File.WriteAllText(_folder["asked.tsv"], "input\ttarget\nThe server <extra_id_0> its pages.\t<extra_id_0> reads\nA worker counts.\tnumber\nWhy?\tbecause\tso\n");
        _state = TrainingState.Create(new Assignment { RunId = "run-1", OutDir = _folder.Path, SpecYaml = SpecWriter.Write(Spec()) });
        _state.LoadOrInitialise(_ => { });
    }

    public void Dispose()
    {
        _state.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_the_same_weights_answered_is_told_again_and_not_asked_again()
    {
        var first = Ask(generation: 1);
        var folder = Assert.Single(KnowledgeFolder.Of(_folder.Path));
        var written = File.ReadAllText(folder.PathOf(0));

        var again = Ask(generation: 2);

        Assert.Equal(written, File.ReadAllText(folder.PathOf(0)));
        Assert.Equal([1, 1], new[] { first, again }.Select(told => Assert.Single(told).Attempt));
        Assert.Equal((0L, 3L), (again[0].Step, again[0].Questions));
        Assert.Equal(folder.PathOf(0), again[0].Path);
        Assert.Equal([1L, 2L, 3L], folder.Asking(0).Answers.Select(answer => answer.Line - 1));
        Assert.All(folder.Asking(0).Answers, answer => Assert.InRange(answer.Confidence, 0, 1));
    }

    [Fact]
    public void Answers_of_other_weights_or_damaged_ones_are_asked_for_again()
    {
        Ask(generation: 1);
        var folder = Assert.Single(KnowledgeFolder.Of(_folder.Path));
        var written = File.ReadAllText(folder.PathOf(0));
        File.WriteAllText(folder.PathOf(0), written[..(written.Length / 2)]);

        Assert.Equal(2, Assert.Single(Ask(generation: 2)).Attempt);
        Assert.Equal(written.Replace("\"attempt\":1", "\"attempt\":2", StringComparison.Ordinal), File.ReadAllText(folder.PathOf(0)));

        _state.Model.Initialise(99);
        _state.Settle(0);
        Assert.Equal(3, Assert.Single(Ask(generation: 3)).Attempt);
    }

    [Fact]
    public void A_later_generation_counts_against_what_the_earlier_ones_were_answered()
    {
        Ask(generation: 1);
        var folder = Assert.Single(KnowledgeFolder.Of(_folder.Path));
        var before = folder.Asking(0);
        folder.Write(_state.Questions!.Probe, before with { Answers = [.. before.Answers.Select(answer => answer with { Right = true })] });

        _state.Settle(5);
        var told = Assert.Single(Ask(generation: 2));

        // A model that has learnt nothing knows nothing.
        Assert.Equal((5, 0, 0, 3), ((int)told.Step, (int)told.Known, (int)told.Learned, (int)told.Forgotten));
    }

    private List<KnowledgeEvent> Ask(long generation)
    {
        var outbox = new Outbox<WorkerMessage>();
        new KnowledgeAsker(_state, generation, new SoloCommunicator(), new RunReports(outbox, "run-1", generation), TimeProvider.System).Ask(CancellationToken.None);
        var said = 0L;
        return [.. outbox.Take(ref said, out _).Where(message => message.Asked is not null).Select(message => message.Asked.Knowledge)];
    }

    private RunSpec Spec() => new()
    {
        Model = new ModelSpec { DModel = 32, DFf = 64, DKv = 8, Heads = 4, EncoderLayers = 1, DecoderLayers = 1, TiedEmbeddings = true },
        Batch = new BatchSpec { Microbatches = 1, Microbatch = 2, Steps = 10 },
        Workers = new WorkersSpec { Min = 1, Max = 1, Threads = 1 },
        Data = new DataSpec
        {
            Vocabulary = _folder["spiece.model"],
            InputLength = 32,
            TargetLength = 16,
            Tasks = [new TaskSpec { Name = "count", Train = [_folder["train.tsv"]], HeldOut = 0.2 }],
        },
        Evaluation = new EvaluationSpec { Knowledge = new KnowledgeSpec { Questions = _folder["asked.tsv"] } },
    };
}
