using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;

namespace Orchestrator.Training.Knowledge.Bios;

/// <summary>A row of a batch in which values are predicted.</summary>
/// <param name="Of">The biography.</param>
/// <param name="Inputs">Encoder tokens; none for a decoder alone.</param>
/// <param name="Targets">Target tokens; of an encoder alone 0 where nothing is predicted.</param>
/// <param name="Values">Where values stand in the targets: by attribute, or null where this row does not predict it.</param>
/// <param name="Shift">How much later than in the biography its name and pronoun stand in the targets; null: they are not predicted.</param>
internal sealed record MemoryRow(BioTokens Of, int[] Inputs, int[] Targets, TokenSpan?[] Values, int? Shift)
{
    /// <summary>The rows of a biography: one for a decoder alone, which predicts everything as it goes; else one for each attribute, whose value is masked.</summary>
    public static IEnumerable<MemoryRow> For(BioTokens biography, ModelFamily family, Tokenizer tokenizer)
    {
        var tokens = biography.Tokens;
        if (family == ModelFamily.Gpt)
        {
            // A biography begins after the end of another.
            var values = biography.Values.Select(span => (TokenSpan?)(span with { First = span.First + 1 })).ToArray();
            yield return new MemoryRow(biography, [], [Tokenizer.Eos, .. tokens, Tokenizer.Eos], values, Shift: 1);
            yield break;
        }

        var mask = tokenizer.Sentinel(0);
        foreach (var (attribute, span) in biography.Values.Index())
        {
            var (value, after) = (tokens[span.First..(span.First + span.Count)], tokens[(span.First + span.Count)..]);
            var values = new TokenSpan?[biography.Values.Count];
            if (family == ModelFamily.Bert)
            {
                var targets = new int[tokens.Length + 2];
                value.CopyTo(targets, span.First + 1);
                values[attribute] = span with { First = span.First + 1 };
                yield return new MemoryRow(
                    biography, [Tokenizer.Eos, .. tokens[..span.First], .. Enumerable.Repeat(mask, span.Count), .. after, Tokenizer.Eos], targets, values, Shift: null);
                continue;
            }

            values[attribute] = span with { First = 1 };
            yield return new MemoryRow(biography, [.. tokens[..span.First], mask, .. after, Tokenizer.Eos], [mask, .. value, Tokenizer.Eos], values, Shift: null);
        }
    }

    /// <summary>Rows as a batch, padded at their ends; only what is asked about counts.</summary>
    public static TokenBatch Batch(IReadOnlyList<MemoryRow> rows)
    {
        var (inputs, targets) = (rows.Max(row => row.Inputs.Length), rows.Max(row => row.Targets.Length));
        var batch = new TokenBatch(rows.Count, inputs, targets, new long[rows.Count * inputs], new long[rows.Count * targets], TargetMask: new byte[rows.Count * targets]);
        foreach (var (number, row) in rows.Index())
        {
            Array.ConvertAll(row.Inputs, token => (long)token).CopyTo(batch.Inputs, number * inputs);
            Array.ConvertAll(row.Targets, token => (long)token).CopyTo(batch.Targets, number * targets);
            foreach (var span in row.Asked)
            {
                batch.TargetMask!.AsSpan((number * targets) + span.First, span.Count).Fill(1);
            }
        }

        return batch;
    }

    /// <summary>The name in the targets; null: it is not predicted.</summary>
    public TokenSpan? Name => Shift is { } shift ? Of.Name with { First = Of.Name.First + shift } : null;

    /// <summary>The pronoun in the targets; null: it is not predicted.</summary>
    public TokenSpan? Pronoun => Shift is { } shift && Of.Pronoun is { } span ? span with { First = span.First + shift } : null;

    private IEnumerable<TokenSpan> Asked => Values.Append(Name).Append(Pronoun).OfType<TokenSpan>();
}
