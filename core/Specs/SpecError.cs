namespace Orchestrator.Core.Specs;

/// <summary>One mistake in a run spec.</summary>
/// <param name="File">The file's name as it was given.</param>
/// <param name="Line">From 1; 0 where no line can be named.</param>
/// <param name="Column">From 1; 0 where no column can be named.</param>
/// <param name="Field">The field's path, for example <c>batch.microbatches</c>; empty for the file as a whole.</param>
/// <param name="Problem">What must be and what was, for example <c>must be from 1 to 65536, was 0</c>.</param>
public sealed record SpecError(string File, int Line, int Column, string Field, string Problem)
{
    /// <summary>One line, for example <c>run.yaml:12: batch.microbatches must be from 1 to 65536, was 0</c>.</summary>
    public override string ToString() =>
        $"{File}{(Line > 0 ? $":{Line}" : "")}: {(Field.Length > 0 ? Field + " " : "")}{Problem}";
}

/// <summary>A spec, or everything that is wrong with it.</summary>
/// <param name="Spec">The spec; null where there are errors.</param>
/// <param name="Errors">Every mistake, in the order of the file.</param>
public sealed record SpecResult(RunSpec? Spec, IReadOnlyList<SpecError> Errors);
