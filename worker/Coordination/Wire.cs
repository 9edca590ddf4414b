using Orchestrator.Protos.V1;

namespace Orchestrator.Worker.Coordination;

/// <summary>From the product's types to the wire's.</summary>
internal static class Wire
{
    public static WorkerTimes Times(Core.Runs.WorkerTimes spent) => new()
    {
        Compute = spent.Compute,
        Exchange = spent.Exchange,
        PeerWait = spent.PeerWait,
        InputWait = spent.InputWait,
        Update = spent.Update,
        Evaluation = spent.Evaluation,
        CheckpointStall = spent.CheckpointStall,
        Recovery = spent.Recovery,
        Start = spent.Start,
        Waiting = spent.Waiting,
        Control = spent.Control,
    };

    public static StepTimes StepTimes(Core.Runs.WorkerTimes spent) => new()
    {
        Compute = spent.Compute,
        Exchange = spent.Exchange,
        PeerWait = spent.PeerWait,
        InputWait = spent.InputWait,
        Update = spent.Update,
        Evaluation = spent.Evaluation,
        CheckpointStall = spent.CheckpointStall,
        Control = spent.Control,
    };
}
