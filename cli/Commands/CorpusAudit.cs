using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Runs;
using Orchestrator.Core.Specs;

namespace Orchestrator.Cli.Commands;

/// <summary>Proves from a run's ledger that every sample was consumed exactly once.</summary>
internal static class CorpusAudit
{
    public static Documented Create(CommandContext context)
    {
        var folder = new Argument<string>("RUN") { Description = "The run's folder: it holds ledger.jsonl" };
        var specFile = new Option<string?>("--spec") { Description = "The run's spec (left out: run.yaml in the folder)", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "One JSON object" };
        var command = new Documented(
            "audit",
            "Proves from a run's ledger that no sample was left out or consumed twice, over resumes, failures and world sizes, and that no line was changed; exits with 1 where it cannot.",
            "orchestrator corpus audit quickstart",
            "orchestrator corpus audit /data/runs/small-1a2b3c --spec run.yaml --json")
        {
            folder, specFile, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(
            Run(context, Path.GetFullPath(parsed.GetValue(folder)!), parsed.GetValue(specFile), parsed.GetValue(json), cancellationToken)));
        return command;
    }

    private static int Run(CommandContext context, string folder, string? specFile, bool json, CancellationToken cancellationToken)
    {
        var ledger = Path.Combine(folder, Ledger.FileName);
        if (!File.Exists(ledger))
        {
            throw new BadInputException($"{folder} holds no {Ledger.FileName}; name a run's folder.");
        }

        var spec = SpecOf(folder, specFile);
        var input = RunInput.Require(spec);
        var proof = LedgerAudit.Of(
            ledger, input.SpecDigest, (long)spec.Batch.Microbatches * spec.Batch.Microbatch, input.SamplesPerEpoch,
            steps => context.Terminal.Error.WriteLine($"{steps} steps hold"), cancellationToken);
        if (proof.Fault is null)
        {
            proof = Compare(proof, ledger, folder);
        }

        context.Terminal.Out.WriteLine(json ? RunEventJson.Line(Json(proof)) : Text(proof, input.SamplesPerEpoch));
        return proof.Fault is null ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>The spec of a run's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="specFile">Another file that holds it, or null.</param>
    /// <exception cref="BadInputException">There is none, or it is malformed.</exception>
    public static RunSpec SpecOf(string folder, string? specFile)
    {
        var path = specFile ?? Path.Combine(folder, "run.yaml");
        return specFile is not null || File.Exists(path)
            ? SpecFile.Read(path)
            : throw new BadInputException($"{folder} holds no run.yaml; name the run's spec with --spec.");
    }

    // A whole chain can be forged; the checkpoints' digests cannot be forged with it unnoticed.
    private static LedgerProof Compare(LedgerProof proof, string ledger, string folder)
    {
        var saved = FolderSpec.Checkpoints(folder).ToDictionary(found => found.Manifest.Step, found => found);
        foreach (var line in LedgerReader.Read(ledger))
        {
            if (saved.TryGetValue(line.Step, out var found) && line.WeightsDigest is { } digest
                && found.Manifest.WeightsDigest != digest.ToString("x16", CultureInfo.InvariantCulture))
            {
                return proof with { Fault = $"line {line.Line}: the weights digest is not that of {found.Path}", FaultyStep = line.Step };
            }
        }

        return proof;
    }

    private static JsonObject Json(LedgerProof proof) => new()
    {
        ["event"] = "audit",
        ["holds"] = proof.Fault is null,
        ["steps"] = proof.Steps,
        ["samples"] = proof.Samples,
        ["epochs"] = proof.Epochs,
        ["unfinished_samples"] = proof.Unfinished,
        ["digest"] = proof.Digest,
        ["fault"] = proof.Fault,
        ["faulty_step"] = proof.Fault is null ? null : proof.FaultyStep,
    };

    private static string Text(LedgerProof proof, long samplesPerEpoch) => proof.Fault is { } fault
        ? $"The ledger does not hold at step {proof.FaultyStep}: {fault}.\nThe {proof.Steps} steps before it do."
        : $"The ledger holds: {proof.Steps} steps consumed {proof.Samples} samples.\n"
            + $"Every one of the {samplesPerEpoch} samples of {proof.Epochs} whole epochs exactly once, and {proof.Unfinished} of the epoch after them at most once.\n"
            + $"chain digest {proof.Digest}";
}
