namespace Orchestrator.Core.Runs;

/// <summary>What a ledger proves.</summary>
/// <param name="Steps">Steps that hold, from the first on.</param>
/// <param name="Samples">Samples that they consumed.</param>
/// <param name="Epochs">Epochs of which every sample was consumed exactly once.</param>
/// <param name="Unfinished">Samples of the epoch after them, each at most once.</param>
/// <param name="Digest">The chain's digest after them.</param>
/// <param name="Fault">What is wrong first, or null.</param>
/// <param name="FaultyStep">The step that it is wrong at; 0: the header.</param>
public sealed record LedgerProof(long Steps, long Samples, long Epochs, long Unfinished, string Digest, string? Fault, long FaultyStep);

/// <summary>Recomputes from a ledger's own lines that every sample of an epoch was consumed exactly once, and that no line was changed since it was written.</summary>
public static class LedgerAudit
{
    /// <summary>Reads a ledger through.</summary>
    /// <param name="path">The file.</param>
    /// <param name="specDigest">Of the spec that it should belong to.</param>
    /// <param name="samplesPerStep">Samples of a step.</param>
    /// <param name="samplesPerEpoch">Samples of an epoch.</param>
    /// <param name="progress">Told the steps so far, now and then.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LedgerProof Of(
        string path, string specDigest, long samplesPerStep, long samplesPerEpoch, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var proof = new LedgerProof(0, 0, 0, 0, Ledger.Start(specDigest), null, 0);
        try
        {
            if (LedgerReader.SpecDigest(path) != specDigest)
            {
                return proof with { Fault = "the ledger is of another spec" };
            }

            foreach (var line in LedgerReader.Read(path))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var next = Next(proof, line, samplesPerStep, samplesPerEpoch);
                if (next.Fault is not null)
                {
                    return next;
                }

                proof = next;
                if (proof.Steps % 65536 == 0)
                {
                    progress?.Invoke(proof.Steps);
                }
            }

            return proof;
        }
        catch (InvalidDataException e)
        {
            return proof with { Fault = e.Message, FaultyStep = proof.Steps + 1 };
        }
    }

    private static LedgerProof Next(LedgerProof before, LedgerLine line, long samplesPerStep, long samplesPerEpoch)
    {
        var step = before.Steps + 1;
        LedgerProof Wrong(string fault) => before with { Fault = $"line {line.Line}: {fault}", FaultyStep = step };

        if (line.Step != step)
        {
            return Wrong(line.Step > step ? $"step {step} is missing: step {line.Step} stands in its place" : $"step {line.Step} stands twice");
        }

        var (epochs, unfinished, samples) = (before.Epochs, before.Unfinished, 0L);
        foreach (var range in line.Samples)
        {
            if (range.Epoch != epochs || range.First != unfinished || range.Count < 1 || range.Count > samplesPerEpoch - unfinished)
            {
                var again = range.Epoch < epochs || (range.Epoch == epochs && range.First < unfinished);
                return Wrong($"samples {Ledger.Samples([range])} do not follow sample {unfinished} of epoch {epochs}: {(again ? "some are consumed twice" : "some are left out")}");
            }

            samples += range.Count;
            (epochs, unfinished) = unfinished + range.Count == samplesPerEpoch ? (epochs + 1, 0) : (epochs, unfinished + range.Count);
        }

        if (samples != samplesPerStep)
        {
            return Wrong($"the step has {samples} samples, the spec says {samplesPerStep}");
        }

        var digest = Ledger.Next(before.Digest, step, line.Samples, line.WeightsDigest);
        return line.Digest == digest && line.Text == Ledger.Line(step, line.Samples, line.WeightsDigest, digest)
            ? new LedgerProof(step, before.Samples + samples, epochs, unfinished, digest, null, 0)
            : Wrong("the line was changed, or the one before it: its digest is not what they lead to");
    }
}
