using System.Text;
using Orchestrator.Core.Data;
using Orchestrator.Core.Runs;

namespace Orchestrator.Coordinator.Storage;

/// <summary>The copy of a run's ledger in the run's folder: <c>ledger.jsonl</c>, a header line and a line a step.</summary>
internal sealed class LedgerFile(string folder)
{
    private readonly StringBuilder _lines = new();

    private string FilePath => Path.Combine(folder, Ledger.FileName);

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

        File.AppendAllText(FilePath, _lines.ToString());
        _lines.Clear();
    }

    /// <summary>Writes the file anew where it does not end as the stored ledger does.</summary>
    /// <param name="specDigest">The run's.</param>
    /// <param name="rows">The stored ledger.</param>
    public void Repair(string specDigest, IReadOnlyList<LedgerRow> rows)
    {
        var wanted = new StringBuilder(Header(specDigest)).Append('\n');
        foreach (var row in rows)
        {
            wanted.Append(Ledger.Line(row.Step, row.Samples, row.WeightsDigest, row.Digest)).Append('\n');
        }

        Directory.CreateDirectory(folder);
        var text = wanted.ToString();
        if (File.Exists(FilePath) && File.ReadAllText(FilePath) == text)
        {
            return;
        }

        var temporary = FilePath + ".tmp";
        File.WriteAllText(temporary, text);
        File.Move(temporary, FilePath, overwrite: true);
    }
}
