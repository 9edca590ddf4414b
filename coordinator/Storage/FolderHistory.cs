using System.Globalization;
using System.Text.Json;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Data;
using Orchestrator.Core.Runs;

namespace Orchestrator.Coordinator.Storage;

/// <summary>A committed step of a ledger.</summary>
internal sealed record LedgerRow(long Step, IReadOnlyList<SampleRange> Samples, ulong? WeightsDigest, string Digest);

/// <summary>What a run's folder tells of steps done in it before, by whichever coordinator.</summary>
/// <param name="Problem">Why no run of the spec can write there, or null.</param>
/// <param name="Rows">The ledger's steps.</param>
/// <param name="Checkpoint">The newest checkpoint of the spec whose manifest is whole, or null.</param>
internal sealed record FolderHistory(string? Problem, IReadOnlyList<LedgerRow> Rows, (long Step, string Path)? Checkpoint)
{
    /// <summary>What of the folder was passed over, or null.</summary>
    public string? Warning { get; private init; }

    /// <summary>Reads a folder against a run that is to write there.</summary>
    public static FolderHistory Read(RunFacts facts)
    {
        try
        {
            if (FolderSpec.Problem(facts.OutDir, facts.SpecDigest) is { } problem)
            {
                return Refused(problem);
            }

            var checkpoints = FolderSpec.Checkpoints(facts.OutDir);
            var path = Path.Combine(facts.OutDir, Ledger.FileName);
            if (!File.Exists(path))
            {
                return checkpoints.Count == 0
                    ? new FolderHistory(null, [], null)
                    : Refused($"{facts.OutDir} has checkpoints and no {Ledger.FileName} that tells how they came about; name another folder with --out");
            }

            var (rows, warning) = ReadLedger(path, facts);
            var newest = checkpoints.Where(found => found.Manifest.Step <= rows.Count).OrderByDescending(found => found.Manifest.Step).FirstOrDefault();
            return new FolderHistory(null, rows, newest.Manifest is null ? null : (newest.Manifest.Step, newest.Path)) { Warning = warning };
        }
        catch (InvalidDataException e)
        {
            return Refused($"{e.Message}; name another folder with --out");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refused($"{facts.OutDir} cannot be read: {e.Message}");
        }
    }

    private static FolderHistory Refused(string problem) => new(problem, [], null);

    /// <exception cref="InvalidDataException">The ledger is of another spec, or its chain does not hold.</exception>
    private static (List<LedgerRow> Rows, string? Warning) ReadLedger(string path, RunFacts facts)
    {
        var rows = new List<LedgerRow>();
        var digest = Ledger.Start(facts.SpecDigest);
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            try
            {
                using var json = JsonDocument.Parse(line);
                var root = json.RootElement;
                if (number == 1)
                {
                    _ = root.GetProperty("spec_digest").GetString();
                    continue;
                }

                var samples = StepSamples.Of(number - 1, facts.SamplesPerStep, facts.SamplesPerEpoch);
                var weights = root.GetProperty("weights_digest").GetString() is { } text ? ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : (ulong?)null;
                digest = Ledger.Next(digest, number - 1, samples, weights);
                if (line != Ledger.Line(number - 1, samples, weights, digest))
                {
                    throw new InvalidDataException($"{path} does not hold from line {number} on: it is not what the lines before it lead to");
                }

                rows.Add(new LedgerRow(number - 1, samples, weights, digest));
            }
            catch (JsonException) when (number > 1 && IsTorn(path, line))
            {
                return (rows, $"the last line of {path}, of step {number - 1}, was not written to its end and is left out");
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or OverflowException or InvalidOperationException)
            {
                throw new InvalidDataException($"{path} is damaged at line {number}", e);
            }
        }

        return (rows, null);
    }

    // A crash while the line was appended: it is the last and lacks its end. Anything else that cannot be read is damage.
    private static bool IsTorn(string path, string line)
    {
        using var file = File.OpenRead(path);
        var length = System.Text.Encoding.UTF8.GetByteCount(line);
        file.Seek(-Math.Min(length, file.Length), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd() == line;
    }
}
