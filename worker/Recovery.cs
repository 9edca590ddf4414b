using System.Runtime.InteropServices;
using Orchestrator.Core.Evaluation;
using Orchestrator.Training.Collectives;
using Orchestrator.Worker.Coordination;

namespace Orchestrator.Worker;

/// <summary>How the ranks of a new generation come to the same state: that of whoever is furthest, from memory where anyone holds it, else from disk, else from the seed.</summary>
internal static unsafe class Recovery
{
    /// <summary>Brings every rank to the newest state that any of them holds.</summary>
    /// <returns>Where this rank's state came from: held, peers, checkpoint or none.</returns>
    /// <exception cref="PeerLostException">A peer was lost; the state is whole or, if it was being received, dropped.</exception>
    /// <exception cref="RunFaultException">Two ranks hold different weights of the same step.</exception>
    public static string Agree(TrainingState state, ICommunicator communicator, RunReports reports)
    {
        var source = "held";
        var positions = Positions(state, communicator);
        if (Array.TrueForAll(positions, position => position.Step < 0))
        {
            (source, positions) = Load(state, communicator, reports);
        }
        else if (Array.Exists(positions, position => position.LacksBest != 0))
        {
            reports.Log("warning", "The checkpoint of the best evaluation was not written to its end: training goes on from the newest checkpoint, to come to it again.");
            state.Drop();
            (source, positions) = Load(state, communicator, reports);
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

        if (Array.TrueForAll(positions, position => position.Step == newest))
        {
            return source;
        }

        var receives = positions[communicator.Rank].Step != newest;
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
            source = "peers";
            if (state.At!.WeightsDigest != positions[root].Digest)
            {
                throw new RunFaultException($"The weights of step {newest} arrived damaged from rank {root} (digest {state.At.WeightsDigest:x16}, expected {positions[root].Digest:x16}).");
            }
        }

        return source;
    }

    private static (string Source, Position[] Positions) Load(TrainingState state, ICommunicator communicator, RunReports reports)
    {
        var found = state.LoadOrInitialise(text => reports.Log("warning", text));
        return (found ? "checkpoint" : "none", Positions(state, communicator));
    }

    private static Position[] Positions(TrainingState state, ICommunicator communicator)
    {
        using var buffer = new UnmanagedBuffer(communicator.WorldSize * sizeof(Position));
        var positions = new Span<Position>(buffer.Start, communicator.WorldSize);
        positions[communicator.Rank] = state.At is { } at ? new Position { Step = at.Step, Digest = at.WeightsDigest, Evaluations = state.Evaluations, LacksBest = state.LacksBest ? 1 : 0 } : new Position { Step = -1 };
        var bytes = new long[communicator.WorldSize];
        Array.Fill(bytes, sizeof(Position));
        communicator.AllGather(buffer.Start, bytes);
        return positions.ToArray();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Position
    {
        public long Step;
        public ulong Digest;
        public EvaluationRecord Evaluations;
        public long LacksBest;
    }
}
