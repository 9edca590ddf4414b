using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Plans;
using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Collectives;
using SampleRange = Orchestrator.Core.Data.SampleRange;

namespace Orchestrator.Worker.Jobs;

/// <summary>Does steps of a run again, on any number of ranks, and compares the weights with the ledger's word.</summary>
internal sealed class ReplayJob(TimeProvider clock) : IJob
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public string Name => ReplayRequest.JobName;

    /// <inheritdoc/>
    public int Run(JsonElement request, JobEvents events, CancellationToken cancellationToken)
    {
        var asked = JobRequests.Read<ReplayRequest>(request);
        asked.Validate();
        var saved = NextSaved(asked);
        var ledger = Ledgered(asked, saved?.Manifest.Step ?? asked.Step);
        saved = saved is not null && ledger.ContainsKey(saved.Manifest.Step) ? saved : null;
        var store = new InProcessStore();
        var replays = Enumerable.Range(0, asked.Workers).Select(rank => new Rank(asked, rank, ledger, saved, store, events, clock, cancellationToken)).ToList();
        var threads = replays.Select(replay => new Thread(replay.Run) { Name = $"rank {replay.Number}" }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        // One rank's failure shows in the others as a lost peer.
        var failures = replays.Select(replay => replay.Failure).OfType<Exception>().ToList();
        if (failures.Count > 0)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.Find(failure => failure is not PeerLostException) ?? failures[0]);
        }

        var result = replays[0].Result!;
        events.Write("replayed", result);
        if (!result.Same)
        {
            events.Write("error", new { Message = $"Step {result.Step} has other weights than the ledger says." });
        }

        return result.Same ? 0 : 1;
    }

    // Where the tensors can be told apart, should the step differ. All ranks must go on to the same one, and a run at work removes old ones: looked at once.
    private static CheckpointEntry? NextSaved(ReplayRequest asked) =>
        CheckpointCatalog.List(Path.Combine(asked.Folder, CheckpointNames.Root)).Where(entry => entry.Manifest.Step >= asked.Step).MinBy(entry => entry.Manifest.Step);

    private static Dictionary<long, LedgerLine> Ledgered(ReplayRequest asked, long last)
    {
        var path = Path.Combine(asked.Folder, Ledger.FileName);
        if (!File.Exists(path))
        {
            throw new BadInputException($"{asked.Folder} holds no {Ledger.FileName}; name a run's folder.");
        }

        try
        {
            var lines = LedgerReader.Read(path).TakeWhile(line => line.Step <= last).ToDictionary(line => line.Step);
            return lines.ContainsKey(asked.Step)
                ? lines
                : throw new BadInputException($"--step must be from 1 to {lines.Count}, the steps that the ledger has, was {asked.Step}.");
        }
        catch (InvalidDataException e)
        {
            throw new BadInputException($"{path}: {e.Message}; 'orchestrator corpus audit' says where the ledger holds.", e);
        }
    }

    private sealed record Replayed(
        long Step, int Workers, long FromStep, string From, string WeightsDigest, string? LedgerDigest, bool Same, long? FirstStep, long? TensorStep, string? Tensor, string? Layer,
        int? Tensors, string? Note);

    private sealed class Rank(
        ReplayRequest asked, int number, Dictionary<long, LedgerLine> ledger, CheckpointEntry? saved, InProcessStore store, JobEvents events, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        private readonly ProgressThrottle _progress = new(events, clock);

        public int Number => number;

        public Replayed? Result { get; private set; }

        public Exception? Failure { get; private set; }

        public void Run()
        {
            try
            {
                using ICommunicator communicator = asked.Workers == 1 ? new SoloCommunicator() : new GlooCommunicator(store, number, asked.Workers, "replay", s_timeout, cancellationToken: cancellationToken);
                Replay(communicator);
            }
            catch (Exception e)
            {
                Failure = e;
            }
        }

        private void Replay(ICommunicator communicator)
        {
            using var state = TrainingState.Create(new Assignment { RunId = "replay", SpecYaml = asked.Spec, OutDir = asked.Folder });
            if (asked.Workers > state.Spec.Batch.Microbatches)
            {
                throw new BadInputException($"--workers must be from 1 to {state.Spec.Batch.Microbatches}, since a step has that many microbatches, was {asked.Workers}.");
            }

            var found = state.LoadOrInitialise(warning => Warn(warning), newest: asked.Step - 1);
            var from = state.Step;
            var shares = SlotTree.Share(state.Spec.Batch.Microbatches, asked.Workers).ToArray();
            long? firstStep = null;
            ulong reached = 0;
            using (var runner = new StepRunner(state, shares, communicator, new TimeBook(clock), faults: null))
            {
                for (var (step, last) = (from + 1, asked.Step); step <= last; step++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    IReadOnlyList<SampleRange> samples = ledger[step].Samples;
                    state.Input.Enqueue(step, samples, shares[number]);
                    runner.Run(step, samples, () => StopWish.None, cancellationToken);
                    if (step <= asked.Step)
                    {
                        firstStep ??= ledger[step].WeightsDigest is { } digest && digest != state.At!.WeightsDigest ? step : null;
                    }

                    if (step == asked.Step)
                    {
                        // Every rank has the same weights, so all go on or none does.
                        reached = state.At!.WeightsDigest;
                        last = ledger[step].WeightsDigest is { } said && said != reached && saved is not null ? saved.Manifest.Step : last;
                    }

                    if (number == 0)
                    {
                        _progress.Report(new Training.Data.Building.BuildProgress("replay", step - from, last - from, "steps"));
                    }
                }
            }

            if (number == 0)
            {
                Result = Compare(state, reached, from, found ? "checkpoint" : "seed", firstStep);
            }
        }

        private Replayed Compare(TrainingState state, ulong mine, long from, string source, long? firstStep)
        {
            var written = ledger[asked.Step].WeightsDigest;
            var result = new Replayed(
                asked.Step, asked.Workers, from, source, WeightsDigest.Text(mine), written is { } digest ? WeightsDigest.Text(digest) : null, written == mine,
                firstStep, null, null, null, null, written is null ? "the ledger has no digest of this step: nobody reported it" : null);
            if (result.Same || written is null)
            {
                return result;
            }

            if (saved is null)
            {
                return result with { Note = "no checkpoint of this step or a later one stands, so the tensors cannot be told apart; replay a step that was saved" };
            }

            using var reader = new CheckpointReader(saved);
            var names = reader.ModelNames.ToHashSet(StringComparer.Ordinal);
            var different = state.Weights.Where(weight => !names.Contains(weight.Name) || WeightsDigest.Of(reader.Model(weight.Name)) != WeightsDigest.Of(weight)).Select(weight => weight.Name).ToList();
            return different.Count == 0
                ? result with { TensorStep = saved.Manifest.Step, Note = $"the checkpoint {saved.Folder} has the replayed weights: the ledger's line is wrong" }
                : result with { TensorStep = saved.Manifest.Step, Tensor = different[0], Layer = Layer(different[0]), Tensors = different.Count };
        }

        // decoder.block.1.layer.0.SelfAttention.q.weight lies in decoder.block.1.layer.0.
        private static string Layer(string tensor)
        {
            var parts = tensor.Split('.');
            var last = Array.FindLastIndex(parts, part => int.TryParse(part, out _));
            return last < 0 ? parts[0] : string.Join('.', parts[..(last + 1)]);
        }

        private void Warn(string warning)
        {
            if (number == 0)
            {
                events.Write("warning", new { Text = warning });
            }
        }
    }
}
