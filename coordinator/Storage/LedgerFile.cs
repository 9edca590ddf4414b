using System.Text;
using Orchestrator.Core.Data;
using Orchestrator.Core.Runs;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The copy of a run's ledger in the run's folder: <c>ledger.jsonl</c>, a header line and a line a step.</summary>
internal sealed class LedgerFile(IRunFolder folder)
{
    private readonly StringBuilder _lines = new();

    /// <summary>The first line: what the chain starts from.</summary>
    public static string Header(string specDigest) => $$"""{"ledger":1,"spec_digest":"{{specDigest}}"}""";

    /// <summary>Keeps a line until <see cref="Flush"/>.</summary>
    public void Add(long step, IReadOnlyList<SampleRange> samples, ulong? weightsDigest, string digest) =>
        _lines.Append(Ledger.Line(step, samples, weightsDigest, digest)).Append('\n');

    /// <summary>Appends the kept lines.</summary>
    /// <exception cref="IOException">The folder cannot be written to; the lines are kept.</exception>
    public void Flush()
    {
        if (_lines.Length == 0)
        {
            return;
        }

        folder.Append(_lines.ToString());
        _lines.Clear();
    }

    /// <summary>Whether the folder is there and its file does not end with the line of a step.</summary>
    public bool LacksEnd(LedgerRow last)
    {
        var line = $"{Ledger.Line(last.Step, last.Samples, last.WeightsDigest, last.Digest)}\n";
        return folder.Exists && folder.ReadEnd(line.Length) != line;
    }

    /// <summary>Writes the file anew where it is not as the stored ledger.</summary>
    /// <param name="specDigest">The run's.</param>
    /// <param name="rows">The stored ledger.</param>
    public void Repair(string specDigest, IReadOnlyList<LedgerRow> rows)
    {
        var wanted = new StringBuilder(Header(specDigest)).Append('\n');
        foreach (var row in rows)
        {
            wanted.Append(Ledger.Line(row.Step, row.Samples, row.WeightsDigest, row.Digest)).Append('\n');
        }

        var text = wanted.ToString();
        if (folder.Read() != text)
        {
            folder.Replace(text);
        }

        _lines.Clear();
    }
}
