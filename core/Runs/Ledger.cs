using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Runs;

/// <summary>A run's ledger: a line for each committed step with the samples it consumed, each line's digest covering all before it.</summary>
/// <remarks>
/// digest(0) = SHA-256("orchestrator ledger 1\n" + spec digest), digest(s) = SHA-256(digest(s - 1) + "\n" + s + "\n" + samples + "\n" + weights digest), all as
/// text: samples are <c>epoch:first+count</c> joined by commas, digests lower-case hexadecimal; a weights digest that nobody reported is <c>unknown</c>.
/// Anyone can recompute it from the ledger's lines.
/// </remarks>
public static class Ledger
{
    /// <summary>The ledger's file name in a run's folder.</summary>
    public const string FileName = "ledger.jsonl";

    /// <summary>The digest before the first step.</summary>
    public static string Start(string specDigest) => Hash($"orchestrator ledger 1\n{specDigest}");

    /// <summary>The digest after a step.</summary>
    /// <param name="previous">The digest before it.</param>
    /// <param name="step">The step.</param>
    /// <param name="samples">What it consumed.</param>
    /// <param name="weightsDigest">Digest of the weights after it; null: not known.</param>
    public static string Next(string previous, long step, IReadOnlyList<SampleRange> samples, ulong? weightsDigest) =>
        Hash(string.Create(CultureInfo.InvariantCulture, $"{previous}\n{step}\n{Samples(samples)}\n{Hex(weightsDigest)}"));

    /// <summary>The line of <c>ledger.jsonl</c> for a step, without its line end.</summary>
    public static string Line(long step, IReadOnlyList<SampleRange> samples, ulong? weightsDigest, string digest) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"step":{{step}},"samples":[{{string.Join(',', samples.Select(range => $"[{range.Epoch},{range.First},{range.Count}]"))}}],"weights_digest":{{(weightsDigest is null ? "null" : $"\"{Hex(weightsDigest)}\"")}},"digest":"{{digest}}"}""");

    /// <summary>Ranges as text: <c>epoch:first+count</c>, joined by commas.</summary>
    public static string Samples(IReadOnlyList<SampleRange> samples) =>
        string.Join(',', samples.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.Epoch}:{range.First}+{range.Count}")));

    private static string Hex(ulong? digest) => digest is { } known ? known.ToString("x16", CultureInfo.InvariantCulture) : "unknown";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
