using System.Text.Json;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Core.Knowledge.ClosedBook.Judging;

/// <summary>What a judge did: a verdict, or a verdict taken back.</summary>
/// <param name="Number">From 1, in the order in which it was done.</param>
/// <param name="Judge">Who.</param>
/// <param name="Line">The prediction's line.</param>
/// <param name="Verdict">The verdict; null: the one that was there is taken back.</param>
/// <param name="At">When.</param>
public sealed record JudgeEntry(long Number, string Judge, long Line, Verdict? Verdict, DateTimeOffset At);

/// <summary>Verdicts of all judges of a sample, JSON lines that are only ever added to: whatever kills the program, what was judged is there.</summary>
/// <param name="path">The file.</param>
/// <param name="sample">What is judged.</param>
/// <exception cref="BadInputException">The file is of another sample, damaged, open elsewhere, or cannot be written.</exception>
public sealed class JudgeStore(string path, JudgedSample sample) : ResumableFile<JudgeEntry>(
    path, "store", What, sample, "verdicts on other predictions, or on another sample of them (--metric, --sample, --seed)", entry => entry.Number)
{
    private const string What = "a verdict";

    /// <summary>Adds what a judge did.</summary>
    /// <param name="judge">Who.</param>
    /// <param name="line">The prediction's line.</param>
    /// <param name="verdict">The verdict; null takes one back.</param>
    /// <param name="at">When.</param>
    public void Add(string judge, long line, Verdict? verdict, DateTimeOffset at) => Add(new JudgeEntry(Results.Count + 1, judge, line, verdict, at));

    /// <summary>What a store holds; the file is not changed.</summary>
    /// <exception cref="BadInputException">It cannot be read, or is damaged.</exception>
    public static (JudgedSample Sample, IReadOnlyList<JudgeEntry> Entries) Read(string path)
    {
        var entries = ReadResults(path, "store", What);
        try
        {
            return (ReadHeader<JudgedSample>(path), entries);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"store: {path} holds no verdicts; name a file that 'orchestrator judge' wrote.", error);
        }
    }
}
