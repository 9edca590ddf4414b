using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Protos.V1;

namespace Orchestrator.Cli.Display;

/// <summary>A run's events and states as the JSON that <c>--json</c> prints. Digests are 16 hexadecimal characters.</summary>
internal static class RunEventJson
{
    private static readonly JsonSerializerOptions s_line = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>One line of JSON.</summary>
    public static string Line(JsonNode node) => node.ToJsonString(s_line);

    /// <summary>One event; what else is known of the run fills in what the event alone does not say.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="after">The run after it.</param>
    public static JsonObject Of(RunEvent happened, RunProgress after)
    {
        var line = Bare(happened, after);
        line["time"] = Time(happened.Time);
        return line;
    }

    private static JsonObject Bare(RunEvent happened, RunProgress after) => happened.EventCase switch
    {
        RunEvent.EventOneofCase.Step => Step(happened.Step, after),
        RunEvent.EventOneofCase.State => new JsonObject
        {
            ["event"] = "state",
            ["state"] = Word(happened.State.State),
            ["reason"] = happened.State.Reason,
            ["generation"] = happened.State.Generation,
            ["world_size"] = happened.State.WorldSize,
        },
        RunEvent.EventOneofCase.Evaluation => Evaluation(happened.Evaluation),
        RunEvent.EventOneofCase.Knowledge => Knowledge(happened.Knowledge, new JsonObject { ["event"] = "knowledge" }),
        RunEvent.EventOneofCase.Checkpoint => Checkpoint(happened.Checkpoint),
        RunEvent.EventOneofCase.Worker => Worker(happened.Worker.Worker, new JsonObject { ["event"] = "worker", ["what"] = happened.Worker.What }),
        RunEvent.EventOneofCase.Warning => new JsonObject { ["event"] = "warning", ["text"] = happened.Warning.Text },
        RunEvent.EventOneofCase.Recovery => Recovery(happened.Recovery),
        _ => new JsonObject { ["event"] = "other", ["sequence"] = happened.Sequence },
    };

    /// <summary>The last line of a followed run.</summary>
    public static JsonObject Finished(Run run) => WithMeasures(run, new JsonObject
    {
        ["event"] = "finished",
        ["state"] = Word(run.State),
        ["reason"] = run.Reason,
        ["run"] = run.RunId,
        ["step"] = run.Step,
        ["train_loss"] = run.HasLoss ? Number(run.LastLoss) : null,
        ["validation_loss"] = run.HasValidationLoss ? Number(run.ValidationLoss) : null,
        ["checkpoint"] = run.CheckpointPath.Length > 0 ? run.CheckpointPath : null,
        ["weights_digest"] = Digest(run.WeightsDigest),
        ["goodput"] = Goodput.Json(run.Spent),
    });

    /// <summary>A run as <c>status</c> and <c>runs</c> print it.</summary>
    public static JsonObject Of(Run run) => WithMeasures(run, new JsonObject
    {
        ["run"] = run.RunId,
        ["name"] = run.Name,
        ["state"] = Word(run.State),
        ["reason"] = run.Reason,
        ["generation"] = run.Generation,
        ["step"] = run.Step,
        ["total_steps"] = run.TotalSteps,
        ["train_loss"] = run.HasLoss ? Number(run.LastLoss) : null,
        ["validation_loss"] = run.HasValidationLoss ? Number(run.ValidationLoss) : null,
        ["tokens_per_second"] = run.TokensPerSecond,
        ["checkpoint_step"] = run.CheckpointStep,
        ["checkpoint"] = run.CheckpointPath.Length > 0 ? run.CheckpointPath : null,
        ["weights_digest"] = Digest(run.WeightsDigest),
        ["spec_digest"] = run.SpecDigest,
        ["out"] = run.OutDir,
        ["owner"] = run.Owner,
        ["submitted"] = Time(run.Submitted),
        ["started"] = Time(run.Started),
        ["ended"] = Time(run.Ended),
        ["goodput"] = Goodput.Json(run.Spent),
        ["workers"] = new JsonArray([.. run.Workers.Select(w => Worker(w, []))]),
    });

    /// <summary>A state's word: queued, placing, running and so on.</summary>
    public static string Word(RunState state) => state.ToString().ToLowerInvariant();

    /// <summary>A digest as people and tools read it.</summary>
    public static string Digest(ulong digest) => digest.ToString("x16");

    private static JsonObject Step(StepEvent step, RunProgress after)
    {
        var line = new JsonObject
        {
            ["event"] = "step",
            ["step"] = step.Step,
            ["total_steps"] = after.TotalSteps,
            ["attempt"] = step.Attempt,
            ["loss"] = Number(step.Loss),
            ["tokens"] = step.Tokens,
            ["target_tokens"] = step.TargetTokens,
            ["tokens_per_second"] = Number(step.TokensPerSecond),
            ["step_seconds"] = step.StepSeconds,
            ["learning_rate"] = step.LearningRate,
            ["gradient_norm"] = Number(step.GradientNorm),
            ["eta_seconds"] = after.Remaining is { } left ? Math.Round(left.TotalSeconds, 1) : null,
            ["weights_digest"] = Digest(step.WeightsDigest),
        };
        if (step.Times is { } times)
        {
            line["times"] = new JsonObject
            {
                ["input_wait"] = times.InputWait,
                ["compute"] = times.Compute,
                ["exchange"] = times.Exchange,
                ["update"] = times.Update,
                ["checkpoint_stall"] = times.CheckpointStall,
                ["control"] = times.Control,
                ["peer_wait"] = times.PeerWait,
                ["evaluation"] = times.Evaluation,
            };
        }

        return line;
    }

    private static JsonObject Evaluation(EvaluationEvent evaluation)
    {
        var line = new JsonObject
        {
            ["event"] = "evaluation",
            ["step"] = evaluation.Step,
            ["validation_loss"] = Number(evaluation.ValidationLoss),
            ["target_tokens"] = evaluation.TargetTokens,
            ["seconds"] = evaluation.Seconds,
        };
        if (evaluation.Metric.Length > 0)
        {
            line["metric"] = evaluation.Metric;
            line["value"] = Number(evaluation.Value);
            line["examples"] = evaluation.Examples;
            line["best_step"] = evaluation.BestStep;
            line["best_value"] = Number(evaluation.BestValue);
        }

        return line;
    }

    private static JsonObject WithMeasures(Run run, JsonObject line)
    {
        if (run.BestStep > 0)
        {
            line["metric"] = run.Metric;
            line["best_step"] = run.BestStep;
            line["best_value"] = Number(run.BestValue);
            line["best_checkpoint"] = RunText.BestCheckpoint(run);
        }

        if (run.Knowledge is { } knowledge)
        {
            line["knowledge"] = Knowledge(knowledge, []);
        }

        return line;
    }

    private static JsonObject Knowledge(KnowledgeEvent asked, JsonObject into)
    {
        into["step"] = asked.Step;
        into["attempt"] = asked.Attempt;
        into["metric"] = asked.Metric;
        into["questions"] = asked.Questions;
        into["known"] = asked.Known;
        into["learned"] = asked.Learned;
        into["forgotten"] = asked.Forgotten;
        into["seconds"] = asked.Seconds;
        into["path"] = asked.Path;
        return into;
    }

    private static JsonObject Checkpoint(CheckpointEvent checkpoint) => new()
    {
        ["event"] = "checkpoint",
        ["step"] = checkpoint.Step,
        ["path"] = checkpoint.Path,
        ["bytes"] = checkpoint.Bytes,
        ["stall_seconds"] = checkpoint.StallSeconds,
        ["seconds"] = checkpoint.Seconds,
        ["manifest_sha256"] = checkpoint.ManifestSha256,
        ["weights_digest"] = Digest(checkpoint.WeightsDigest),
    };

    private static JsonObject Recovery(RecoveryEvent recovery) => new()
    {
        ["event"] = "recovery",
        ["generation"] = recovery.Generation,
        ["world_size"] = recovery.WorldSize,
        ["cause"] = recovery.Cause,
        ["worker"] = recovery.WorkerId.Length > 0 ? recovery.WorkerId : null,
        ["detection_ms"] = recovery.HasDetectionSeconds ? Math.Round(recovery.DetectionSeconds * 1000, 1) : null,
        ["recovery_ms"] = Math.Round(recovery.RecoverySeconds * 1000, 1),
        ["repeated_steps"] = recovery.RepeatedSteps,
        ["source"] = recovery.Source,
    };

    private static JsonObject Worker(WorkerStatus worker, JsonObject into)
    {
        into["worker"] = worker.WorkerId;
        into["rank"] = worker.Rank;
        into["state"] = worker.State;
        into["waiting"] = worker.Waiting.Length > 0 ? worker.Waiting : null;
        into["host"] = worker.Host;
        into["process_id"] = worker.ProcessId;
        into["device"] = worker.Device;
        into["step"] = worker.Step;
        into["slot_seconds"] = worker.SlotSeconds > 0 ? worker.SlotSeconds : null;
        into["slow"] = worker.Slow;
        into["heartbeat_age_seconds"] = Math.Round(worker.HeartbeatAgeSeconds, 3);
        return into;
    }

    private static string? Time(Google.Protobuf.WellKnownTypes.Timestamp? time) => time?.ToDateTimeOffset().ToString("yyyy-MM-ddTHH:mm:ss.fffZ");

    // JSON has no word for a number that is none.
    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
