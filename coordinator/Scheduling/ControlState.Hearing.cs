using Orchestrator.Core.Runs;
using Orchestrator.Protos.V1;

namespace Orchestrator.Coordinator.Scheduling;

/// <content>What workers say.</content>
internal sealed partial class ControlState
{
    private const int HeardTogether = 512;

    /// <summary>A worker said something in a session.</summary>
    /// <remarks>
    /// What comes over a session that another has replaced is dropped: the worker says all that matters again in the new one, so nothing is lost, and what
    /// is late cannot be taken for news.
    /// </remarks>
    /// <returns>False for a message that lacks a part or is of no known kind.</returns>
    public bool Hear(string workerId, long session, WorkerMessage message)
    {
        if (!_sessions.TryGetValue(workerId, out var current) || current.Session != session)
        {
            return true;
        }

        switch (message.MessageCase)
        {
            case WorkerMessage.MessageOneofCase.Heartbeat:
                Heard(workerId);
                Send(workerId, new CoordinatorMessage { HeartbeatReply = Reply(workerId, message.Heartbeat.Sequence) });
                break;
            case WorkerMessage.MessageOneofCase.Ready when message.Ready is { State: not null } ready:
                Happen(new RankReady(workerId, ready.RunId, ready.Generation, ready.State.Step, ready.State.WeightsDigest, ready.Source, Wire.Times(ready.Spent)));
                break;
            case WorkerMessage.MessageOneofCase.StepDone when message.StepDone is { Step: not null } done:
                Happen(new StepReported(workerId, done.RunId, done.Generation, done.Step.Step, done.Step.WeightsDigest, Wire.Facts(done.Step), Wire.Times(done.Spent)));
                Pace(workerId, done);
                break;
            case WorkerMessage.MessageOneofCase.Evaluated when message.Evaluated is { Evaluation: not null } evaluated:
                Evaluate(workerId, evaluated);
                break;
            case WorkerMessage.MessageOneofCase.Asked when message.Asked is { Knowledge: not null } asked:
                Ask(workerId, asked);
                break;
            case WorkerMessage.MessageOneofCase.Left when Wire.Outcome(message.Left.Outcome) is { } outcome:
                var left = message.Left;
                Happen(new RankLeft(workerId, left.RunId, left.Generation, outcome, left.Text, left.State?.Step ?? 0, left.State?.WeightsDigest ?? 0, left.Leaving, Wire.Times(left.Spent)));
                break;
            case WorkerMessage.MessageOneofCase.PeerSuspected:
                var suspected = message.PeerSuspected;
                Happen(new Core.Runs.PeerSuspected(workerId, suspected.RunId, suspected.Generation, suspected.Peer, suspected.Text, suspected.SilentMs > 0 ? TimeSpan.FromMilliseconds(suspected.SilentMs) : null));
                break;
            case WorkerMessage.MessageOneofCase.Prepared:
                Happen(new WorkerPrepared(workerId, message.Prepared.RunId));
                break;
            case WorkerMessage.MessageOneofCase.Log:
                Log(message.Log.RunId, new LogLine
                {
                    Time = Wire.Time(_clock.GetUtcNow()),
                    WorkerId = workerId,
                    Level = message.Log.Level,
                    Text = message.Log.Text,
                });
                break;
            case WorkerMessage.MessageOneofCase.Activity:
                Happen(new ActivityChanged(workerId, message.Activity.State, message.Activity.Waiting));
                break;
            default:
                return false;
        }

        return true;
    }

    private void Heard(string workerId)
    {
        _heard[workerId] = _clock.GetUtcNow();
        if (_heard.Count >= HeardTogether)
        {
            Happen(TakeHeard());
        }
    }

    private WorkersHeard TakeHeard()
    {
        var heard = new WorkersHeard([.. _heard]);
        _heard.Clear();
        return heard;
    }

    private HeartbeatReply Reply(string workerId, long sequence)
    {
        var reply = new HeartbeatReply { Sequence = sequence };
        if (_cluster.Workers.GetValueOrDefault(workerId)?.RunId is { } runId)
        {
            (reply.RunId, reply.CommittedStep) = (runId, _cluster.Runs[runId].Step);
        }

        return reply;
    }
}
