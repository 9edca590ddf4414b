using System.Globalization;
using System.Text.Json;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Runs;

/// <summary>A step as a ledger's line tells it.</summary>
/// <param name="Line">The line's number, 1 for the header.</param>
/// <param name="Step">The step.</param>
/// <param name="Samples">What it consumed.</param>
/// <param name="WeightsDigest">Digest of the weights after it; null: nobody reported it.</param>
/// <param name="Digest">Of the chain up to here.</param>
/// <param name="Text">The line itself.</param>
public sealed record LedgerLine(int Line, long Step, IReadOnlyList<SampleRange> Samples, ulong? WeightsDigest, string Digest, string Text);

/// <summary>Reads a run's <c>ledger.jsonl</c> as it stands, whatever it says.</summary>
public static class LedgerReader
{
    /// <summary>The spec digest of the header.</summary>
    /// <exception cref="InvalidDataException">The first line is no header.</exception>
    public static string SpecDigest(string path) =>
        Parse(File.ReadLines(path).FirstOrDefault() ?? "", 1, json => json.GetProperty("spec_digest").GetString()) ?? throw Damaged(1, null);

    /// <summary>Every line after the header.</summary>
    /// <exception cref="InvalidDataException">A line cannot be read; the message names it.</exception>
    public static IEnumerable<LedgerLine> Read(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            if (++number > 1)
            {
                yield return Parse(line, number, json => new LedgerLine(
                    number,
                    json.GetProperty("step").GetInt64(),
                    [.. json.GetProperty("samples").EnumerateArray().Select(range => new SampleRange(range[0].GetInt64(), range[1].GetInt64(), range[2].GetInt64()))],
                    json.GetProperty("weights_digest").GetString() is { } text ? ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : null,
                    json.GetProperty("digest").GetString() ?? throw new FormatException(),
                    line));
            }
        }
    }

    private static T Parse<T>(string line, int number, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return read(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or OverflowException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw Damaged(number, e);
        }
    }

    private static InvalidDataException Damaged(int line, Exception? cause) => new($"line {line} cannot be read", cause);
}
