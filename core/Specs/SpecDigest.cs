using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Specs;

/// <summary>Names the arithmetic of a run.</summary>
/// <remarks>
/// SHA-256 over the fields that decide the weights, and the corpus. Left out, so that they may change when a run goes on, is what is marked
/// <see cref="IncidentalAttribute"/>: the name, the number of workers, the checkpoint and evaluation policies, the preset's name (its shapes are in)
/// and <c>batch.steps</c> (a longer run is the same run, further on). Two runs of one digest have the same weights at the same step.
/// </remarks>
public static class SpecDigest
{
    /// <summary>The digest, 64 lower-case hexadecimal characters.</summary>
    /// <param name="spec">A valid spec.</param>
    /// <param name="corpusDigest">The corpus's fingerprint (digest of what it was built from and how), or null where it is not known: then the corpus's path stands for it.</param>
    public static string Of(RunSpec spec, string? corpusDigest) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SpecWriter.Arithmetic(spec, corpusDigest ?? spec.Data.Corpus))));

    /// <summary>The digest with the corpus that the spec names.</summary>
    /// <exception cref="BadInputException">There is no corpus.</exception>
    public static string WithCorpus(RunSpec spec) => Of(spec, CorpusManifest.Load(spec.Data.Corpus).Fingerprint);
}
