using System.Globalization;
using Orchestrator.Training.Native;
using Xunit;

namespace Orchestrator.Tests.Training.Native;

/// <summary>The loops are compiled for several instruction sets; the set is chosen as a process starts.</summary>
public sealed unsafe class InstructionSetTests
{
    private const string Variable = "ORCHESTRATOR_KERNELS";

    [Theory]
    [InlineData("baseline")]
    [InlineData("avx2")]
    public void An_older_instruction_set_gives_the_same_bits(string set)
    {
        Assert.SkipWhen(Kernels.InstructionSet == "baseline", "this processor has one instruction set only");
        using var child = new ChildProcess(
            typeof(InstructionSetTests), nameof(Digests_are_those_of_the_parent), new Dictionary<string, string> { [Variable] = set }, set, Digests());
        Assert.True(child.Wait() == 0, child.Output);
    }

    /// <summary>The child's part.</summary>
    [Fact(Explicit = true)]
    public void Digests_are_those_of_the_parent()
    {
        Assert.Equal(ChildProcess.Arguments[0], Kernels.InstructionSet);
        Assert.Equal(ChildProcess.Arguments[1], Digests());
    }

    private static string Digests()
    {
        const int count = 100_003, rows = 130, columns = 333;
        var digests = new List<string>();
        using var a = Floats.Random(count, 1, 3);
        using var b = Floats.Random(count, 2);
        using var state = new Floats(count);
        Kernels.Add(a, b, count);
        digests.Add(Kernels.SumSquares(a, count).ToString("R", CultureInfo.InvariantCulture));
        Kernels.AdafactorStep(a, b, state, new AdafactorLayout(1, 1, count, Factored: false), 0.3f, 0.01, 0.7, new AdafactorConstants());
        Kernels.AdafactorStep(a, b, state, new AdafactorLayout(2, rows, columns, Factored: true, BySlice: true), 0.3f, 0.01, 0.7, new AdafactorConstants());
        Keep(a);
        Keep(state);

        var targets = stackalloc long[7] { 1, 2, 3, 0, 5, 6, 7 };
        digests.Add(Kernels.CrossEntropy(a, targets, 7, 1001).ToString());
        Keep(a);
        Kernels.RmsNorm(b, a, state, a.Pointer + columns, rows, columns);
        Keep(state);
        Kernels.RmsNormBackward(b, a, state, a.Pointer + columns, state, a.Pointer + 50_000, rows, columns);
        Keep(a);
        Keep(state);
        Kernels.Softmax(b, a, null, 2, 3, 50, 51, causal: true);
        Keep(b);
        Kernels.SoftmaxBackward(state, b, a, 2, 3, 50, 51);
        Keep(a);
        Keep(state);
        return string.Join(' ', digests);

        void Keep(Floats values) => digests.Add(Kernels.Digest(values, count * 4L).ToString("x16", CultureInfo.InvariantCulture));
    }
}
