using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Display;
using Orchestrator.Cli.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Jobs;
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
        var which = new Option<string[]>("--which") { Description = "Tell at which steps this passage was seen (may be named again)", HelpName = "TEXT" };
        var documents = new Option<long[]>("--document") { Description = "Tell at which steps this training document was seen, by its number (may be named again)", HelpName = "N" };
        var with = new Option<string[]>("--with") { Description = "Count the passage only in documents that hold this too (may be named again)", HelpName = "TEXT" };
        var words = new Option<bool>("--whole-words") { Description = "Passages begin and end with whole words" };
        var quick = new Option<bool>("--no-verify") { Description = "Do not read every byte of the corpus" };
        var json = new Option<bool>("--json") { Description = "One JSON object; with --which or --document, more of them, a line each" };
        var command = new Documented(
            "audit",
            "Proves from a run's ledger that no sample was left out or consumed twice, over resumes, failures and world sizes, and that neither a line nor the corpus was changed; exits with 1 where it cannot.",
            "orchestrator corpus audit quickstart",
            "orchestrator corpus audit quickstart --which \"a passage of the text\"",
            "orchestrator corpus audit /data/runs/small-1a2b3c --spec run.yaml --json")
        {
            folder, which, with, words, documents, quick, specFile, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var asked = new CorpusAuditRequest
            {
                Which = parsed.GetValue(which) ?? [],
                With = parsed.GetValue(with) ?? [],
                WholeWords = parsed.GetValue(words),
                Documents = parsed.GetValue(documents) ?? [],
                Verify = !parsed.GetValue(quick),
            };
            asked.Validate();
            return RunAsync(context, parsed.FullPath(folder), parsed.GetValue(specFile), asked, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context, string folder, string? specFile, CorpusAuditRequest asked, bool json, CancellationToken cancellationToken)
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

        var isTraced = asked.Which.Count + asked.Documents.Count > 0;
        asked = asked with { Ledger = ledger, Spec = SpecWriter.Write(spec) };
        IReadOnlyList<CorpusDamage> damages = proof.Fault is null && asked.Verify && spec.Data.Tasks.Count == 0 ? await VerifyAsync(context, asked) : [];
        context.Terminal.Out.WriteLine(json ? RunEventJson.Line(Json(proof, damages)) : Text(proof, damages, input.SamplesPerEpoch));
        if (proof.Fault is null && isTraced)
        {
            await JobCommands.RunAsync(context, CorpusAuditRequest.JobName, asked with { Verify = false }, json, new SeenText().Of);
        }

        return proof.Fault is null && damages.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>A file of the corpus that is not as it was built.</summary>
    private sealed record CorpusDamage(string File, string Fault, long? FirstStep, long? FirstDocument, long? LastDocument);

    private static async Task<IReadOnlyList<CorpusDamage>> VerifyAsync(CommandContext context, CorpusAuditRequest asked)
    {
        var damages = new List<CorpusDamage>();
        await JobCommands.RunAsync(context, CorpusAuditRequest.JobName, asked with { Which = [], With = [], Documents = [] }, json: false, happened =>
        {
            if (happened.GetProperty("event").GetString() == "damaged")
            {
                long? Number(string name) => happened.TryGetProperty(name, out var number) ? number.GetInt64() : null;
                damages.Add(new CorpusDamage(
                    happened.GetProperty("file").GetString()!, happened.GetProperty("fault").GetString()!, Number("first_step"), Number("first_document"), Number("last_document")));
            }

            return null;
        });
        return damages;
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

    private static JsonObject Json(LedgerProof proof, IReadOnlyList<CorpusDamage> damages) => new()
    {
        ["event"] = "audit",
        ["holds"] = proof.Fault is null && damages.Count == 0,
        ["steps"] = proof.Steps,
        ["samples"] = proof.Samples,
        ["epochs"] = proof.Epochs,
        ["unfinished_samples"] = proof.Unfinished,
        ["digest"] = proof.Digest,
        ["fault"] = proof.Fault ?? (damages.Count == 0 ? null : Text(damages[0])),
        ["faulty_step"] = proof.Fault is null ? damages.Min(damage => damage.FirstStep) : proof.FaultyStep,
        ["faulty_document"] = damages.Min(damage => damage.FirstDocument),
    };

    private static string Text(LedgerProof proof, IReadOnlyList<CorpusDamage> damages, long samplesPerEpoch) => proof.Fault is { } fault
        ? $"The ledger does not hold at step {proof.FaultyStep}: {fault}.\nThe {proof.Steps} steps before it do."
        : $"The ledger holds: {proof.Steps} steps consumed {proof.Samples} samples.\n"
            + $"Every one of the {samplesPerEpoch} samples of {proof.Epochs} whole epochs exactly once, and {proof.Unfinished} of the epoch after them at most once.\n"
            + $"chain digest {proof.Digest}"
            + string.Concat(damages.Select(damage => $"\nThe corpus does not hold: {Text(damage)}."));

    private static string Text(CorpusDamage damage)
    {
        var documents = damage switch
        {
            { FirstDocument: null } => "",
            { FirstDocument: var first, LastDocument: var last } when first == last => $", in document {first}",
            _ => $", in documents {damage.FirstDocument} to {damage.LastDocument}",
        };
        var step = damage.FirstStep is { } number ? $"no step before {number} consumed a sample of what may be changed" : "no step consumed a sample of what may be changed";
        return $"{damage.File} is not as it was built: {damage.Fault}{documents}; {step}";
    }
}
