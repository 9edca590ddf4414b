using System.Runtime.InteropServices;
using Orchestrator.Core.Evaluation;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Collectives;
using Orchestrator.Worker.Coordination;

namespace Orchestrator.Worker;

/// <summary>How the ranks of a new generation come to the same state: that of whoever is furthest, from memory unless a checkpoint is newer, else from the seed.</summary>
internal static unsafe class Recovery
{
    /// <summary>Brings every rank to the newest state that any of them holds or can read.</summary>
    /// <remarks>
    /// A rank that stood still while others trained may hold a state from long before the newest checkpoint. While somebody holds one as new as any
    /// checkpoint, none is opened.
    /// </remarks>
    /// <returns>Where this rank's state came from: held, peers, checkpoint or none.</returns>
    /// <exception cref="PeerLostException">A peer was lost; the state is whole or, if it was being received, dropped.</exception>
    /// <exception cref="RunFaultException">Two ranks hold different weights of the same step.</exception>
    public static string Agree(TrainingState state, ICommunicator communicator, RunReports reports)
    {
        var positions = Positions(state, communicator);
        var (held, found) = (positions.Max(position => position.Step), "peers");
        if (held < 0)
        {
            (found, positions) = Load(state, communicator, reports);
        }
        else if (positions.Max(position => position.Saved) > held)
        {
            // Where it cannot be read, or is damaged, what is held is still the newest: nobody lets go of it before.
            state.TryLoad(text => reports.Log("warning", text), after: held);
            positions = Positions(state, communicator);
            found = positions.Max(position => position.Step) > held ? "checkpoint" : found;
        }
        else if (Array.Exists(positions, position => position.LacksBest != 0))
        {
            reports.Log("warning", "The checkpoint of the best evaluation was not written to its end: training goes on from the newest checkpoint, to come to it again.");
            state.Drop();
            (found, positions) = Load(state, communicator, reports);
        }

        var newest = positions.Max(position => position.Step);
        // A rank that was lost in the middle of an evaluation may be the only one that had it to its end, or the only one that had not.
        state.Evaluations = positions.Where(position => position.Step == newest).MaxBy(position => position.Evaluations.Step).Evaluations;
        var root = Array.FindIndex(positions, position => position.Step == newest);
        var other = Array.FindIndex(positions, position => position.Step == newest && position.Digest != positions[root].Digest);
        if (other >= 0)
        {
            throw new RunFaultException(
                $"Ranks {root} and {other} hold different weights of step {newest} (digests {positions[root].Digest:x16} and {positions[other].Digest:x16}).");
        }

        var receives = positions[communicator.Rank].Step != newest;
        var source = found == "peers" && !receives ? "held" : found;
        if (Array.TrueForAll(positions, position => position.Step == newest))
        {
            return source;
        }

        if (receives)
        {
            // Until all of it has come, what is here is neither the old state nor the new one.
            state.Drop();
        }

        communicator.Broadcast(state.Parameters.Weights, state.Parameters.Length * sizeof(float), root);
        communicator.Broadcast(state.Optimizer.State, state.Optimizer.StateLength * sizeof(float), root);
        if (receives)
        {
            state.Settle(newest);
            if (state.At!.WeightsDigest != positions[root].Digest)
            {
                throw new RunFaultException($"The weights of step {newest} arrived damaged from rank {root} (digest {state.At.WeightsDigest:x16}, expected {positions[root].Digest:x16}).");
            }
        }

        return source;
    }

    private static (string Found, Position[] Positions) Load(TrainingState state, ICommunicator communicator, RunReports reports)
    {
        var loaded = state.LoadOrInitialise(text => reports.Log("warning", text));
        var positions = Positions(state, communicator);
        // A rank whose disk shows none gets the checkpoint from another.
        return (loaded || Array.Exists(positions, position => position.Step > 0) ? "checkpoint" : "none", positions);
    }

    private static Position[] Positions(TrainingState state, ICommunicator communicator)
    {
        using var buffer = new UnmanagedBuffer(communicator.WorldSize * sizeof(Position));
        var positions = new Span<Position>(buffer.Start, communicator.WorldSize);
        var at = state.At;
        positions[communicator.Rank] = new Position
        {
            Step = at?.Step ?? -1,
            Saved = CheckpointCatalog.NewestStep(state.CheckpointRoot),
            Digest = at?.WeightsDigest ?? 0,
            Evaluations = at is null ? default : state.Evaluations,
            LacksBest = at is not null && state.LacksBest ? 1 : 0,
        };
        var bytes = new long[communicator.WorldSize];
        Array.Fill(bytes, sizeof(Position));
        communicator.AllGather(buffer.Start, bytes);
        return positions.ToArray();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Position
    {
        public long Step;
        public long Saved;
        public ulong Digest;
        public EvaluationRecord Evaluations;
        public long LacksBest;
    }
}
