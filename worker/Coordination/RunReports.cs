using Orchestrator.Protos.V1;
using Orchestrator.Training.Collectives;
using Orchestrator.Training.Data.Remote;

namespace Orchestrator.Worker.Coordination;

/// <summary>What a rank reports about its run and generation.</summary>
internal sealed class RunReports(Core.Runs.Outbox<WorkerMessage> outbox, string runId, long generation)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, string> _missing = new(StringComparer.Ordinal);
    private string _activity = "";

    /// <summary>The ranks have met and agree on the state that training goes on from.</summary>
    public void Ready(StepState state, string source, WorkerTimes spent) =>
        outbox.Report(new WorkerMessage { Ready = new Ready { RunId = runId, Generation = generation, State = state, Source = source, Spent = spent } });

    /// <summary>A step is done on this rank.</summary>
    public void StepDone(StepEvent step, WorkerTimes spent) =>
        outbox.Report(new WorkerMessage { StepDone = new StepDone { RunId = runId, Generation = generation, Step = step, Spent = spent } }, step.Step);

    /// <summary>The validation loss was measured.</summary>
    public void Evaluated(EvaluationEvent evaluation) =>
        outbox.Report(new WorkerMessage { Evaluated = new Evaluated { RunId = runId, Generation = generation, Evaluation = evaluation } });

    /// <summary>The run was asked its questions.</summary>
    public void Asked(KnowledgeEvent knowledge) =>
        outbox.Report(new WorkerMessage { Asked = new Asked { RunId = runId, Generation = generation, Knowledge = knowledge } });

    /// <summary>This rank works no more for the generation.</summary>
    public void Left(Left.Types.Outcome outcome, string text, StepState? state, bool leaving, WorkerTimes spent) =>
        outbox.Report(new WorkerMessage
        {
            Left = new Left { RunId = runId, Generation = generation, Outcome = outcome, Text = text, State = state, Leaving = leaving, Spent = spent },
        });

    /// <summary>The connection to a peer broke; said before the training thread comes to notice.</summary>
    public void PeerSuspected(PeerLostException loss) =>
        outbox.Mention(new WorkerMessage
        {
            PeerSuspected = new PeerSuspected
            {
                RunId = runId,
                Generation = generation,
                Peer = loss.Rank,
                Text = loss.Message,
                SilentMs = (int)Math.Ceiling(loss.Silence?.TotalMilliseconds ?? 0),
            },
        });

    /// <summary>Something that people should read.</summary>
    /// <param name="level">info, warning or error.</param>
    /// <param name="text">One sentence.</param>
    public void Log(string level, string text) =>
        outbox.Mention(new WorkerMessage { Log = new WorkerLog { RunId = runId, Level = level, Text = text } });

    /// <summary>What the worker is doing now.</summary>
    public void Activity(string state)
    {
        lock (_gate)
        {
            _activity = state;
            SayActivity();
        }
    }

    /// <summary>A store of tokens is waited for, or no more. From any thread.</summary>
    public void Store(StoreNews news)
    {
        Log("warning", news.Text);
        lock (_gate)
        {
            if (news.Reason is { } reason)
            {
                _missing[news.Url] = $"the store {news.Url} does not give what is needed ({reason})";
            }
            else
            {
                _missing.Remove(news.Url);
            }

            SayActivity();
        }
    }

    private void SayActivity() => outbox.Mention(new WorkerMessage
    {
        Activity = new Activity { RunId = runId, State = _activity, Waiting = string.Join("; ", _missing.Values) },
    });
}
