using Orchestrator.Core.Data;
using Orchestrator.Core.Runs;
using Xunit;

namespace Orchestrator.Tests.Core.Runs;

public sealed class LedgerAuditTests : IDisposable
{
    private const string Spec = "5bec";
    private const long PerStep = 6;
    private const long PerEpoch = 20;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_ledger_of_whole_and_unfinished_epochs_holds()
    {
        var proof = Audit(Write(7));

        Assert.Equal((null, 7L, 42L, 2L, 2L), (proof.Fault, proof.Steps, proof.Samples, proof.Epochs, proof.Unfinished));
    }

    [Fact]
    public void A_step_whose_digest_nobody_reported_holds_too() => Assert.Null(Audit(Write(3, weights: step => step == 2 ? null : 1)).Fault);

    [Fact]
    public void The_first_line_of_which_a_byte_was_changed_is_named()
    {
        var lines = Write(9);
        var bytes = string.Join('\n', lines).Length;
        var caught = 0;
        for (var at = lines[0].Length + 1; at < bytes; at += 7)
        {
            var text = string.Join('\n', lines).ToCharArray();
            if (text[at] == '\n')
            {
                continue;
            }

            text[at] = text[at] == '1' ? '2' : '1';
            var step = new string(text, 0, at).Count(c => c == '\n');
            var proof = Audit(new string(text).Split('\n'));
            Assert.True(proof.Fault is not null, $"byte {at} of line {step + 1} was changed and nothing was said");
            Assert.Equal((step, step - 1), (proof.FaultyStep, proof.Steps));
            caught++;
        }

        Assert.True(caught > 50);
    }

    [Theory]
    [InlineData(4, 4, "step 5 stands in its place")]
    [InlineData(9, 9, null)]
    public void A_line_that_was_removed_is_missed(int removed, long step, string? says)
    {
        var lines = Write(9);
        var proof = Audit([.. lines.Where((_, number) => number != removed)]);

        // The last line's absence is no contradiction: it may not have been written yet.
        Assert.Equal(says is null ? 0 : step, proof.FaultyStep);
        Assert.Contains(says ?? "", proof.Fault ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_that_are_consumed_twice_or_left_out_are_found_though_the_chain_was_made_to_fit()
    {
        Assert.Contains("some are consumed twice", Audit(Write(5, samples: step => StepSamples.Of(step == 4 ? 3 : step, PerStep, PerEpoch))).Fault, StringComparison.Ordinal);
        Assert.Contains("some are left out", Audit(Write(5, samples: step => StepSamples.Of(step == 4 ? 5 : step, PerStep, PerEpoch))).Fault, StringComparison.Ordinal);
        Assert.Contains("has 5 samples", Audit(Write(1, samples: _ => [new SampleRange(0, 0, 5)])).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ledger_of_another_spec_or_with_a_torn_end_does_not_hold()
    {
        Assert.Contains("another spec", LedgerAudit.Of(File(Write(2)), "07he", PerStep, PerEpoch).Fault, StringComparison.Ordinal);
        var lines = Write(3);
        var proof = Audit([.. lines[..^1], lines[^1][..20]]);
        Assert.Equal(("line 4 cannot be read", 3L), (proof.Fault, proof.FaultyStep));
    }

    public void Dispose() => _folder.Dispose();

    private LedgerProof Audit(string[] lines) => LedgerAudit.Of(File(lines), Spec, PerStep, PerEpoch);

    private string File(string[] lines)
    {
        var path = Path.Combine(_folder.Path, "ledger.jsonl");
        System.IO.File.WriteAllText(path, string.Join('\n', lines) + "\n");
        return path;
    }

    private static string[] Write(int steps, Func<long, IReadOnlyList<SampleRange>>? samples = null, Func<long, ulong?>? weights = null)
    {
        var lines = new List<string> { $$"""{"ledger":1,"spec_digest":"{{Spec}}"}""" };
        var digest = Ledger.Start(Spec);
        for (var step = 1L; step <= steps; step++)
        {
            var consumed = samples is null ? StepSamples.Of(step, PerStep, PerEpoch) : samples(step);
            var after = weights is null ? 100 + (ulong)step : weights(step);
            digest = Ledger.Next(digest, step, consumed, after);
            lines.Add(Ledger.Line(step, consumed, after, digest));
        }

        return [.. lines];
    }
}
