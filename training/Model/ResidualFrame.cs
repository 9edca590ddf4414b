using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>What is around every sublayer f: x + dropout(f(norm(x))) or, with the norm after it as in BERT, norm(x + dropout(f(x))).</summary>
/// <remarks>f ends in the frame's output layer. Owns the norm and the output layer.</remarks>
internal sealed class ResidualFrame(Norm norm, Linear output, bool normAfter = false) : IDisposable
{
    /// <summary>Begins the sublayer: takes over x and gives what f reads.</summary>
    public Entry Enter(Tensor x_RD, Pass pass)
    {
        if (normAfter)
        {
            return new Entry(x_RD, pass.OperandOf(x_RD), null);
        }

        var (normed, statistics) = norm.Operand(x_RD, pass);
        return new Entry(x_RD, normed, statistics);
    }

    /// <summary>Ends the sublayer: its result, given the operand that the output layer reads, which is taken over.</summary>
    public Tensor Leave(Entry entry, Tensor hidden, Pass pass)
    {
        var dropout = pass.StreamDropout(entry.X_RD);
        var sum = Sum(entry.X_RD, hidden, dropout, pass);
        if (!normAfter)
        {
            pass.Keep(entry.X_RD, entry.Operand, entry.Statistics, hidden, dropout);
            return sum;
        }

        var (result, statistics) = norm.Forward(sum, pass);
        pass.Keep(entry.X_RD, entry.Operand, null, hidden, dropout, sum, statistics);
        return result;
    }

    /// <summary>The gradient of the output layer's operand; the gradient of the result becomes that of the sum.</summary>
    /// <param name="gradient_RD">Gradient of the result. Overwritten.</param>
    /// <param name="kept">What the sublayer's end kept.</param>
    /// <param name="pass">The pass.</param>
    public Tensor LeaveBackward(Tensor gradient_RD, Pass.Kept kept, Pass pass)
    {
        if (normAfter)
        {
            using var ofResult = gradient_RD.clone();
            gradient_RD.zero_();
            norm.Backward(ofResult, kept[5], kept[6], gradient_RD, pass);
        }

        var dropout = kept.Optional(4);
        using var dropped = dropout is null ? gradient_RD.alias() : gradient_RD.clone();
        Pass.Drop(dropped, dropout);
        return output.Backward(dropped, kept[3], pass);
    }

    /// <summary>Adds the gradient of what f reads, used up, to that of x.</summary>
    public void EnterBackward(Tensor doperand, Tensor gradient_RD, Pass.Kept kept, Pass pass)
    {
        if (normAfter)
        {
            gradient_RD.add_(doperand);
            return;
        }

        norm.Backward(doperand, kept[0], kept[2], gradient_RD, pass);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        norm.Dispose();
        output.Dispose();
    }

    private Tensor Sum(Tensor x_RD, Tensor hidden, Tensor? dropout, Pass pass)
    {
        if (dropout is null)
        {
            return output.ApplyOnto(x_RD, hidden, pass);
        }

        var result = output.Apply(hidden, pass);
        Pass.Drop(result, dropout);
        return result.add_(x_RD);
    }

    /// <summary>A sublayer that has begun.</summary>
    /// <param name="X_RD">The stream.</param>
    /// <param name="Operand">What f reads, an operand of matrix products.</param>
    /// <param name="Statistics">The norm's, if it comes first.</param>
    public readonly record struct Entry(Tensor X_RD, Tensor Operand, Tensor? Statistics);
}
