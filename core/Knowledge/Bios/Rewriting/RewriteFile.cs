using Orchestrator.Core.Jobs;

namespace Orchestrator.Core.Knowledge.Bios.Rewriting;

/// <summary>What became of biographies, by number.</summary>
/// <param name="folder">The folder of the file.</param>
/// <param name="rewriting">Names the biographies, the model, and what it is asked.</param>
/// <exception cref="BadInputException">The file is of another rewriting, damaged, or cannot be written.</exception>
public sealed class RewriteFile(string folder, string rewriting) : ResumableFile<RewriteOutcome>(
    Path.Combine(folder, FileName), "out", "the outcome of a rewriting", new { rewriting },
    "biographies rewritten by another model, from others or with other options", outcome => outcome.Number)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "rewrites.jsonl";
}
