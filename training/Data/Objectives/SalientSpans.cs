using Orchestrator.Core.Data;
using Orchestrator.Core.Specs;

namespace Orchestrator.Training.Data.Objectives;

/// <summary>Restoring one date, number or name a sample (Guu et al. 2020, section 3.4; Roberts et al. 2020, arXiv:2002.08910, section 3).</summary>
/// <remarks>
/// One of the window's spans becomes the first sentinel; the target is that sentinel and the span, EOS after both. Every epoch asks for another: of n spans,
/// each comes once in n epochs, in an order that the seed and the sample decide. A window without any has three tokens masked anywhere. Thread-safe.
/// </remarks>
/// <param name="lengths">How long samples are.</param>
/// <param name="finder">Finds the spans.</param>
/// <param name="sentinel">The first sentinel.</param>
internal sealed class SalientSpans(SampleLengths lengths, ISpanFinder finder, int sentinel) : IObjective
{
    private const ulong Purpose = 0x53414C49;
    private const int PlainSpan = 3;

    /// <inheritdoc/>
    public SampleLengths Lengths => lengths;

    /// <inheritdoc/>
    public void Make(ReadOnlySpan<int> raw, in SampleName name, in Row row)
    {
        var spans = finder.Find(raw, ObjectiveLengths.SalientSpan);
        var (start, end) = spans.Count > 0 ? Next(spans, name) : Anywhere(raw.Length, name);

        raw[..start].CopyTo(row.Inputs);
        row.Inputs[start] = sentinel;
        raw[end..].CopyTo(row.Inputs[(start + 1)..]);
        row.Inputs[start + 1 + raw.Length - end] = Tokenizer.Eos;

        row.Targets[0] = sentinel;
        raw[start..end].CopyTo(row.Targets[1..]);
        row.Targets[1 + end - start] = Tokenizer.Eos;
    }

    private static (int Start, int End) Next(IReadOnlyList<(int Start, int End)> spans, in SampleName name)
    {
        var key = SeededRandom.Combine(Purpose, unchecked((ulong)name.Seed), (ulong)name.Sample);
        var (pass, place) = Math.DivRem(name.Epoch, spans.Count);
        return spans[(int)new SampleOrder(unchecked((long)key), spans.Count).At(pass, place)];
    }

    private static (int Start, int End) Anywhere(int length, in SampleName name)
    {
        var random = new SeededRandom(Purpose, unchecked((ulong)name.Seed), (ulong)name.Epoch, (ulong)name.Sample);
        var start = (int)random.Below((ulong)(length - PlainSpan + 1));
        return (start, start + PlainSpan);
    }
}
