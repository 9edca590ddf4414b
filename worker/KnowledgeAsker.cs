using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Tracking;
using Orchestrator.Protos.V1;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Knowledge;
using Orchestrator.Worker.Coordination;
using TorchSharp;

namespace Orchestrator.Worker;

/// <summary>Asks a run its questions in one generation, all ranks together; rank 0 keeps the answers and tells of them.</summary>
/// <remarks>
/// The answers are a function of the weights and the questions, so those that are on disk for the same weights are not asked for again: after a rewind nothing
/// doubles. Whether that is so is rank 0's word, which the others hear.
/// </remarks>
internal sealed unsafe class KnowledgeAsker(TrainingState state, long generation, ICommunicator communicator, RunReports reports, TimeProvider clock)
{
    // Between blocks the ranks hear of each other, and of the end of the generation.
    private const int Block = 512;

    private KnowledgeCurve? _curve;
    private long _askedStep = -1;

    /// <summary>Asks after the present step, unless this generation has already.</summary>
    /// <param name="ended">Cancelled when the generation is over.</param>
    /// <exception cref="PeerLostException">A peer was lost.</exception>
    public void Ask(CancellationToken ended)
    {
        if (state.Questions is not { } questions || _askedStep == state.Step)
        {
            return;
        }

        _askedStep = state.Step;
        var started = clock.GetTimestamp();
        var probe = questions.Probe;
        var folder = new KnowledgeFolder(state.RunFolder, probe.Digest);
        var head = new KnowledgeHead(state.RunId, state.Step, generation, WeightsDigest.Text(state.At!.WeightsDigest), probe.Digest, probe.Metric);
        var isFirst = communicator.Rank == 0;
        var stored = isFirst ? Stored(folder, head, probe) : null;
        if (FirstSays(stored is not null))
        {
            if (isFirst)
            {
                Tell(folder, stored!, started);
            }

            return;
        }

        var answers = Answers(questions, ended);
        if (!isFirst)
        {
            return;
        }

        var asking = new KnowledgeAsking(head, answers);
        try
        {
            folder.Write(probe, asking);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            reports.Log("warning", $"The answers after step {state.Step} could not be written to {folder.Root} and are left out: {error.Message}");
            return;
        }

        Tell(folder, asking, started);
    }

    private static KnowledgeAsking? Stored(KnowledgeFolder folder, KnowledgeHead head, KnowledgeProbe probe)
    {
        try
        {
            return head.IsSameAs(folder.HeadOf(head.Step)) && folder.Asking(head.Step) is var asking && asking.Answers.Count == probe.Questions.Count ? asking : null;
        }
        catch (BadInputException)
        {
            // It is damaged: asked again, it is written again.
            return null;
        }
    }

    private KnowledgeAnswer[] Answers(ProbeTokens questions, CancellationToken ended)
    {
        var generator = new TextGenerator(state.Generator, state.Tokenizer);
        var (probe, answers) = (questions.Probe, new List<KnowledgeAnswer>());
        for (var first = 0; first < probe.Questions.Count; first += Block)
        {
            ended.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            var from = first;
            var texts = SharedAnswers.Ask(generator, Math.Min(Block, probe.Questions.Count - from), number => questions.Inputs[from + number], questions.MaxTokens, communicator);
            answers.AddRange(texts.Select((text, number) => probe.Judge(probe.Questions[from + number], text.Text, text.LogProbability)));
        }

        return [.. answers];
    }

    private void Tell(KnowledgeFolder folder, KnowledgeAsking asking, long started)
    {
        var point = Point(folder, asking);
        reports.Asked(new KnowledgeEvent
        {
            Step = point.Step,
            Attempt = point.Attempt,
            Questions = point.Questions,
            Known = point.Known,
            Learned = point.Learned,
            Forgotten = point.Forgotten,
            Metric = asking.Head.Metric,
            Seconds = clock.GetElapsedTime(started).TotalSeconds,
            Path = folder.PathOf(point.Step),
        });
    }

    // What earlier generations were answered is read once; an asking whose file is damaged is left out.
    private KnowledgePoint Point(KnowledgeFolder folder, KnowledgeAsking asking)
    {
        if (_curve is null)
        {
            _curve = new KnowledgeCurve();
            foreach (var step in folder.Steps.Where(step => step < asking.Head.Step))
            {
                try
                {
                    _curve.Add(folder.Asking(step));
                }
                catch (BadInputException error)
                {
                    reports.Log("warning", error.Message);
                }
            }
        }

        return _curve.Add(asking);
    }

    private bool FirstSays(bool word)
    {
        using var buffer = new UnmanagedBuffer(communicator.WorldSize * sizeof(long));
        var words = new Span<long>(buffer.Start, communicator.WorldSize);
        words[communicator.Rank] = word ? 1 : 0;
        var bytes = new long[communicator.WorldSize];
        Array.Fill(bytes, sizeof(long));
        communicator.AllGather(buffer.Start, bytes);
        return words[0] != 0;
    }
}
